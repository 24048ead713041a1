import assert from "node:assert/strict";
import { failedBecause, statusOf, step, type Steps, wellSoFar } from "../../../../backup/run/steps.ts";
import { wentWell } from "../../../../backup/status.ts";
import { givenStatus } from "../status_given.ts";

const times = { start: 1, end: 2 };

Deno.test("a_step_that_throws_has_failed_and_says_why_in_one_line", async () => {
  const steps: Steps = {};
  const run = { tell: () => {}, signal: new AbortController().signal };
  await step(run, "mail1", steps, "backup", () => Promise.reject(new Error("first\n  second")));
  await step(run, "mail1", steps, "record", () => Promise.resolve());
  assert.deepEqual(steps, { backup: failedBecause("first second"), record: { kind: "done" } });
  assert.equal(wellSoFar(steps), false);
});

Deno.test("a_step_in_an_interrupted_run_is_interrupted_and_the_next_ones_do_nothing", async () => {
  const steps: Steps = {};
  const interruption = new AbortController();
  const run = { tell: () => {}, signal: interruption.signal };
  await step(run, "mail1", steps, "backup", () => {
    interruption.abort();
    return Promise.resolve(failedBecause("module-backup ended with 130"));
  });
  await step(run, "mail1", steps, "record", () => assert.fail("done all the same"));
  const interrupted = failedBecause("interrupted");
  assert.deepEqual(steps, { backup: interrupted, record: interrupted });
});

Deno.test("a_step_that_was_put_off_is_no_failure", () => {
  const steps: Steps = {
    backup: { kind: "done" },
    prune: { kind: "held", because: "?" },
    manifest: { kind: "done" },
  };
  assert(wellSoFar(steps));
  const status = statusOf(steps, times, undefined, { snapshot: { id: "a", time: 1 } });
  assert.equal(status.errors, 0);
  assert(wentWell(status));
});

Deno.test("each_failed_step_is_an_error", () => {
  const failed = failedBecause("?");
  const status = statusOf(
    { backup: { kind: "done" }, retention: failed, manifest: failed },
    times,
    undefined,
    {},
  );
  assert.equal(status.errors, 2);
  assert.equal(wentWell(status), false);
});

Deno.test("without_a_new_snapshot_what_is_known_of_the_last_one_stays", () => {
  const failed = { backup: failedBecause("?") };
  const before = givenStatus();
  assert.deepEqual(statusOf(failed, times, before, {}), {
    ...before,
    ...times,
    errors: 1,
    steps: failed,
    added: 0,
    oldest_lock: -1,
  });
});

Deno.test("with_a_new_snapshot_what_is_not_known_of_it_is_not_taken_from_the_last_one", () => {
  const snapshot = { id: "b".repeat(64), time: 2 };
  const status = statusOf({}, times, givenStatus(), { snapshot });
  assert.deepEqual([status.total_size, status.added, status.snapshot], [-1, -1, snapshot]);
});
