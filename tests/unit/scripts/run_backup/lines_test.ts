import assert from "node:assert/strict";
import { plainLine, progressLine } from "../../../../scripts/run_backup/lines.ts";

Deno.test("what_others_say_cannot_steer_a_terminal", () => {
  assert.equal(
    plainLine({ kind: "text", module: "mail1", text: "\x1b]0;x\x07\ry\u202ez" }),
    "mail1: ]0;x y z",
  );
});

Deno.test("a_step_that_failed_or_is_held_is_said_loudly", () => {
  const line = (verdict: Parameters<typeof plainLine>[0] & { kind: "step" }): string | undefined =>
    plainLine(verdict);
  const step = { kind: "step", module: "mail1", step: "prune" } as const;
  assert.equal(line({ ...step, verdict: { kind: "done" } }), "mail1: prune done");
  assert.equal(line({ ...step, verdict: { kind: "held", because: "why" } }), "mail1: prune HELD: why");
  assert.equal(line({ ...step, verdict: { kind: "failed", because: "why" } }), "mail1: prune FAILED: why");
});

Deno.test("progress_is_a_bar_where_it_says_how_far_it_is", () => {
  assert.equal(
    progressLine("mail1", {
      message_type: "status",
      percent_done: 0.5,
      bytes_done: 2 ** 20,
      total_bytes: 2 ** 21,
    }),
    `mail1 [${"#".repeat(15)}${".".repeat(15)}] 50.0% 1 of 2 MiB`,
  );
  assert.match(progressLine("mail1", { message_type: "status", percent_done: 7 }) ?? "", /100\.0%/);
  assert.equal(progressLine("mail1", { message_type: "summary" }), undefined);
});
