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

for (const candidates of [["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"], ["a", "b", "c", "d", "e"]]) {
  const many = candidates.length;
  Deno.test(`each_of_${many}_is_first_and_last_as_often_as_the_others`, () => {
    const orders = turns(candidates, 2 * many);
    for (const order of orders) deepEqual(order.toSorted(), candidates);
    for (const place of [0, -1]) {
      const there = orders.map((order) => order.at(place)).sort();
      deepEqual(there, candidates.flatMap((candidate) => [candidate, candidate]));
    }
  });

  Deno.test(`each_of_${many}_is_before_and_after_each_other_in_two_rounds`, () => {
    const places = turns(candidates, 2).map((order) =>
      candidates.map((candidate) => order.indexOf(candidate))
    );
    const sums = candidates.map((_, index) => (places[0]?.[index] ?? NaN) + (places[1]?.[index] ?? NaN));
    equal(new Set(sums).size, 1);
  });
}
