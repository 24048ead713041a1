import assert from "node:assert/strict";
import { emptyState, started, verifiedFrom, withModule } from "../../../../backup/run/state.ts";
import { givenStatus } from "../status_given.ts";

Deno.test("a_run_that_begins_leaves_the_last_verdict_alone", () => {
  const before = {
    ...emptyState("1", "old"),
    well: true,
    modules: { mail1: givenStatus(), gone1: givenStatus() },
  };
  assert.deepEqual(started(before, "new", ["mail1"]), {
    ...before,
    name: "new",
    state: "running",
    modules: { mail1: givenStatus() },
  });
});

Deno.test("a_run_that_died_was_a_bad_one", () => {
  const died = started({ ...emptyState("1", "x"), well: true }, "x", []);
  assert.deepEqual([died.state, died.well], ["running", true]);
  assert.equal(started(died, "x", []).well, false);
});

Deno.test("a_bad_module_decides_and_a_good_one_after_it_does_not", () => {
  let state = started({ ...emptyState("1", "x"), well: true }, "x", ["a1", "b1", "c1"]);
  state = withModule(state, "a1", givenStatus(), true);
  assert.equal(state.well, true);
  state = withModule(state, "b1", givenStatus({ errors: 1 }), false);
  assert.equal(state.well, false);
  state = withModule(state, "c1", givenStatus(), true);
  assert.equal(state.well, false);
  assert.deepEqual(Object.keys(state.modules), ["a1", "b1", "c1"]);
});

Deno.test("a_good_module_does_not_make_a_bad_backup_good_before_the_end", () => {
  const state = started({ ...emptyState("1", "x"), well: false }, "x", ["a1", "b1"]);
  assert.equal(withModule(state, "a1", givenStatus(), true).well, false);
});

Deno.test("what_verify_has_found_is_read_from_the_facts", () => {
  assert.deepEqual(verifiedFrom({}), {});
  assert.deepEqual(verifiedFrom({ verified: "1700000000", verify_failed: "" }), { at: 1700000000 });
  assert.deepEqual(verifiedFrom({ verified: "x", verify_failed: "a pack is gone" }), {
    failed: "a pack is gone",
  });
});
