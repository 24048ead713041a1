import assert from "node:assert/strict";
import { Retirement } from "../../../../gateway/rclone/retirement.ts";

const kept = (retirement: Retirement, oldWorkers: number[]): string =>
  [...retirement.keep(oldWorkers)].sort().join("");

Deno.test("what_no_worker_names_any_more_ends_and_nothing_else", () => {
  const retirement = new Retirement();
  retirement.applied(["a", "b"]);
  assert.equal(kept(retirement, []), "ab");
  retirement.applied(["b", "c"]);
  // The worker before this reload has seen one, and may still pass a transfer on to a.
  assert.equal(kept(retirement, [1]), "abc");
  retirement.applied(["c"]);
  assert.equal(kept(retirement, [2, 1]), "abc");
  assert.equal(kept(retirement, [1]), "bc", "only b's last worker is left");
  assert.equal(kept(retirement, []), "c");
  assert.equal(kept(retirement, [2]), "c", "what has ended stays ended");
});

Deno.test("what_comes_back_stays", () => {
  const retirement = new Retirement();
  retirement.applied(["a"]);
  retirement.applied([]);
  retirement.applied(["a"]);
  assert.equal(kept(retirement, []), "a");
});
