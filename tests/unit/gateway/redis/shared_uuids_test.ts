import assert from "node:assert/strict";
import type { Each } from "../../../../gateway/redis/resp.ts";
import { sharedUuids } from "../../../../gateway/redis/shared_uuids.ts";
import { uuid } from "../../given.ts";

/** Hands out a hash as it comes from Redis: every element in the same bytes. */
function hash(modules: Readonly<Record<string, string>>): (each: Each) => Promise<void> {
  const buffer = new Uint8Array(100);
  return (each) => {
    for (const text of Object.entries(modules).flat()) {
      buffer.fill(0);
      const { written } = new TextEncoder().encodeInto(text, buffer.subarray(7));
      each(buffer, 7, 7 + written);
    }
    return Promise.resolve();
  };
}

Deno.test("only_uuids_of_several_modules_are_named_in_order", async () => {
  assert.deepEqual(await sharedUuids(hash({})), []);
  assert.deepEqual(await sharedUuids(hash({ mail1: uuid("a"), mail2: uuid("b") })), []);
  const shared = { wiki3: uuid("b"), mail2: uuid("a"), wiki1: uuid("b"), mail1: uuid("a"), web1: uuid("c") };
  assert.deepEqual(await sharedUuids(hash(shared)), [
    { uuid: uuid("a"), modules: ["mail1", "mail2"] },
    { uuid: uuid("b"), modules: ["wiki1", "wiki3"] },
  ]);
});

Deno.test("of_20000_modules_the_two_that_share_a_uuid_are_named", async () => {
  const modules = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [`wiki${index}`, `u-${index === 17_000 ? 3 : index}`]),
  );
  assert.deepEqual(await sharedUuids(hash(modules)), [{ uuid: "u-3", modules: ["wiki17000", "wiki3"] }]);
});
