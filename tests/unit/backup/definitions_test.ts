import assert from "node:assert/strict";
import { type DefinitionReads, readDefinition, readDefinitions } from "../../../backup/definitions.ts";
import { uuid } from "../given.ts";

const GOOD = { repository: uuid("a"), schedule: "daily", enabled: "1", instances: "mail1", retention: "7" };

function redis(keys: Readonly<Record<string, Record<string, string>>>): DefinitionReads {
  return {
    hGetAll: (key) => Promise.resolve(keys[key] ?? {}),
    async *scanIterator({ MATCH }) {
      const found = Object.keys(keys).filter((key) => key.startsWith(MATCH.replace("*", "")));
      // SCAN may name a key twice.
      yield found;
      yield found.slice(0, 1);
    },
  };
}

Deno.test("definitions_come_in_the_order_of_their_numbers_with_the_gateways_own_fields", async () => {
  const { definitions, broken } = await readDefinitions(redis({
    "cluster/backup/10": GOOD,
    "cluster/backup/9": { ...GOOD, enabled: "" },
    "private/nodes/gateway/backup/9": { keep: "keep-daily=3", random_delay: "60" },
  }));
  assert.deepEqual(definitions.map(({ id, enabled }) => [id, enabled]), [["9", false], ["10", true]]);
  assert.deepEqual([definitions[0]?.policy.daily, definitions[0]?.randomDelay], [3, 60]);
  assert.deepEqual(broken, []);
});

Deno.test("what_cannot_be_used_is_named_with_all_its_problems", async () => {
  const { definitions, broken } = await readDefinitions(redis({
    "cluster/backup/1": { ...GOOD, repository: "x", retention: "0" },
    "cluster/backup/x": GOOD,
  }));
  assert.deepEqual(definitions, []);
  assert.deepEqual(broken.map(({ id, problems }) => [id, problems.length]), [["1", 2], ["x", 1]]);
});

Deno.test("what_is_not_there_is_not_defined", async () => {
  assert.equal(await readDefinition(redis({}), "1"), undefined);
});
