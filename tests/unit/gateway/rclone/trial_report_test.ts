import assert from "node:assert/strict";
import { trialReport } from "../../../../gateway/rclone/trial_report.ts";

const failed = (step: "read the configuration" | "list" | "write" | "delete", left?: string) =>
  trialReport({
    kind: "failed",
    step,
    said: "2026/01/01 00:00:00 ERROR : s3cr3t\u001b[1m is wrong\nERROR : s3cr3t\u001b[1m is wrong\n",
    left,
  }, ["s3cr3t"]);

Deno.test("a_trial_is_told_step_by_step_without_secrets", () => {
  assert.deepEqual(trialReport({ kind: "worked", rcloneConf: "s3cr3t" }, ["s3cr3t"]), {
    list: "ok",
    write: "ok",
    delete: "ok",
  });
  const note = "rclone says: ERROR : *** [1m is wrong";
  assert.deepEqual(failed("list"), { list: "failed", write: "not-tried", delete: "not-tried", note });
  assert.deepEqual(failed("write"), { list: "ok", write: "failed", delete: "not-tried", note });
  assert.deepEqual(failed("delete", "left-1"), {
    list: "ok",
    write: "ok",
    delete: "failed",
    note: `${note} The object left-1 is left there.`,
  });
  assert.deepEqual(failed("read the configuration"), {
    list: "failed",
    write: "not-tried",
    delete: "not-tried",
    note: `rclone does not read the configuration as it was given. ${note}`,
  });
});
