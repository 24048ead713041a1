import assert from "node:assert/strict";
import { sharedUuids } from "../../../../gateway/redis/shared_uuids.ts";
import { uuid } from "../../given.ts";

Deno.test("only_uuids_of_several_modules_are_named_in_order", () => {
  assert.deepEqual(sharedUuids({}), []);
  assert.deepEqual(sharedUuids({ mail1: uuid("a"), mail2: uuid("b") }), []);
  assert.deepEqual(
    sharedUuids({ wiki3: uuid("b"), mail2: uuid("a"), wiki1: uuid("b"), mail1: uuid("a"), web1: uuid("c") }),
    [{ uuid: uuid("a"), modules: ["mail1", "mail2"] }, { uuid: uuid("b"), modules: ["wiki1", "wiki3"] }],
  );
});
