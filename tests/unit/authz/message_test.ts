import assert from "node:assert/strict";
import { MESSAGES } from "../../../authz/message.ts";

Deno.test("every_message_is_one_line_of_ascii", async (test) => {
  for (const [reason, message] of Object.entries(MESSAGES)) {
    await test.step(reason, () => assert.match(message, /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])$/));
  }
});

Deno.test("who_does_not_log_in_is_not_told_why", () => {
  assert.equal(MESSAGES["identity-unknown"], MESSAGES["secret-wrong"]);
  assert.equal(MESSAGES["identity-disabled"], MESSAGES["secret-wrong"]);
});
