import assert from "node:assert/strict";
import { tellEnd } from "../../../../backup/restic/tell_end.ts";

Deno.test("an_end_is_told_with_its_meaning_and_the_last_that_was_said", () => {
  assert.equal(
    tellEnd({ code: 12, stderr: "a\nFatal: wrong password\x1b[31m\n\n" }),
    "restic ended with exit code 12 (the repository has another password): Fatal: wrong password [31m",
  );
  assert.equal(
    tellEnd({ code: 1, stderr: '{"message_type":"exit_error","code":1,"message":"Fatal: x\\ny"}\n' }),
    "restic ended with exit code 1: Fatal: x y",
  );
  assert.equal(tellEnd({ code: 125, stderr: "" }), "restic ended with exit code 125");
  assert.equal(tellEnd({ code: 1, stderr: "{odd" }), "restic ended with exit code 1: {odd");
});
