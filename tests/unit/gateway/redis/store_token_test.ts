import assert from "node:assert/strict";
import { parseUuid } from "../../../../gateway/domain/uuid.ts";
import type { RedisClient } from "../../../../gateway/redis/client.ts";
import { RedisError, type Reply } from "../../../../gateway/redis/resp.ts";
import { storeToken } from "../../../../gateway/redis/store_token.ts";

const DESTINATION = parseUuid("14030a59-a4e6-54cc-b8ea-cd5f97fe44c8");
const BEFORE = '{"access_token":"old"}';
const NOW = '{"access_token":"new"}';

/** A Redis that holds one section, and says `done` to EXEC; and the commands that it got. */
function given(token: string, done: Reply): { redis: RedisClient; commands: string[][] } {
  const commands: string[][] = [];
  const redis = {
    hGet: () => Promise.resolve(`type = drive\ntoken = ${token}\n`),
    send: (...command: string[]) => {
      commands.push(command);
      return Promise.resolve(command[0] === "EXEC" ? done : "OK");
    },
  };
  return { redis: redis as unknown as RedisClient, commands };
}

Deno.test("a_token_is_stored_in_the_place_of_the_one_that_was_refreshed", async () => {
  assert(DESTINATION !== undefined);
  const { redis, commands } = given(BEFORE, [0, 1]);
  assert.equal(await storeToken(redis, DESTINATION, BEFORE, NOW), true);
  assert.deepEqual(commands.map(([name]) => name), ["WATCH", "MULTI", "HSET", "PUBLISH", "EXEC"]);
  assert(commands[2]?.[3]?.includes(`token = ${NOW}`));
});

Deno.test("a_token_is_not_stored_over_another", async () => {
  assert(DESTINATION !== undefined);
  const { redis, commands } = given('{"access_token":"an operator\'s"}', [0, 1]);
  assert.equal(await storeToken(redis, DESTINATION, BEFORE, NOW), false);
  assert.deepEqual(commands.map(([name]) => name), ["WATCH", "UNWATCH"]);
});

Deno.test("a_token_that_was_changed_meanwhile_is_not_stored", async () => {
  assert(DESTINATION !== undefined);
  assert.equal(await storeToken(given(BEFORE, null).redis, DESTINATION, BEFORE, NOW), false);
});

Deno.test("a_refusal_inside_the_transaction_is_thrown", async () => {
  assert(DESTINATION !== undefined);
  const refused = [new RedisError("NOPERM ACLs rules changed"), 0];
  await assert.rejects(storeToken(given(BEFORE, refused).redis, DESTINATION, BEFORE, NOW), /NOPERM/);
});
