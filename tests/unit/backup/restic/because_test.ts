import assert from "node:assert/strict";
import { because } from "../../../../backup/restic/because.ts";

Deno.test("why_restic_failed_is_one_short_line_without_control_characters", () => {
  const stderr = "one\ntwo\nthree \x1b[31mred\u202e\nfour\n";
  assert.equal(
    because("prune", { code: 1, stdout: "", stderr }),
    "Cannot prune: restic ended with 1: two; three [31mred ; four",
  );
  assert.equal(because("prune", { code: 11, stdout: "", stderr: "" }), "Cannot prune: restic ended with 11");
  assert.ok(because("prune", { code: 1, stdout: "x".repeat(9999), stderr: "" }).length < 500);
});
