import { deepEqual, equal, throws } from "node:assert/strict";
import { ratios, summary, turns } from "../../bench/statistics.ts";

Deno.test("the_median_is_the_middle_or_between_the_two_in_the_middle", () => {
  deepEqual(summary([3, 1, 2]), { median: 2, least: 1, most: 3 });
  // As numbers: as text, 10 would come before 9.
  deepEqual(summary([10, 9, 1, 2]), { median: 5.5, least: 1, most: 10 });
  deepEqual(summary([7]), { median: 7, least: 7, most: 7 });
});

Deno.test("nothing_has_no_median", () => {
  throws(() => summary([]), /Cannot summarise a series: it is empty/);
});

Deno.test("series_are_compared_round_by_round", () => {
  deepEqual(ratios([10, 40], [20, 20]), [0.5, 2]);
  throws(() => ratios([1, 2], [1]), /one has 2 rounds, the other 1/);
});

Deno.test("every_candidate_takes_its_turn_once_a_round_and_is_first_as_often_as_the_others", () => {
  const orders = turns(["a", "b", "c"], 6);
  for (const order of orders) deepEqual([...order].sort(), ["a", "b", "c"]);
  const first = orders.map((order) => order[0]).sort().join("");
  equal(first, "aabbcc");
});
