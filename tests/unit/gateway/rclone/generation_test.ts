import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { keyedGeneration } from "../../../../gateway/rclone/generation.ts";
import { repositoryFolder } from "./repository_folder.ts";

Deno.test("a_word_is_the_same_as_long_as_the_key_and_the_configuration_are", async () => {
  await using folder = await repositoryFolder();
  const first = await keyedGeneration(`${folder.path}/a`);
  const again = await keyedGeneration(`${folder.path}/a`);
  const other = await keyedGeneration(`${folder.path}/b`);
  assert.match(first("x"), /^[0-9a-f]{10}$/);
  assert.equal(first("x"), again("x"));
  assert.notEqual(first("x"), first("y"));
  assert.notEqual(
    first("x"),
    other("x"),
    "another key gives another word: it cannot be guessed from the secret",
  );
  assert.notEqual(first("x"), createHash("sha256").update("x").digest("hex").slice(0, 10));
});

Deno.test("only_its_owner_can_read_the_key", async () => {
  await using folder = await repositoryFolder();
  await keyedGeneration(`${folder.path}/a`);
  const { mode, size } = await Deno.stat(`${folder.path}/a`);
  assert.deepEqual([(mode ?? 0) & 0o777, size], [0o600, 32]);
});
