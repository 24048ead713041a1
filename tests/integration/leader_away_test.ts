import assert from "node:assert/strict";
import { DESTINATION, DOKUWIKI1, DOKUWIKI2 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { killed, startLeaderAndReplica, stopped } from "./harness/leader_and_replica.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";
import type { TestRedis } from "./harness/redis.ts";

Deno.test("what_writes_says_that_the_leader_is_away_and_changes_nothing", async (t) => {
  await using cluster = await startLeaderAndReplica();
  const { leader, replica, settings } = cluster;
  const commands: Record<string, readonly string[]> = {
    "identity add": ["identity", "add", "module/wiki1"],
    "identity remove": ["identity", "remove", DOKUWIKI1.name],
    "grant add": ["grant", "add", DOKUWIKI2.name, DOKUWIKI1.name, "--ttl", "2h"],
    "grant revoke": ["grant", "revoke", DOKUWIKI2.name],
    "destination add": ["destination", "add", "--no-validate", "--node", "2"],
    "destination alter": ["destination", "alter", DESTINATION, "--name", "There"],
    "destination remove": ["destination", "remove", DESTINATION],
  };
  await leader.client.hSet("node/2/vpn", "ip_address", "10.5.4.2");
  const before = await dump(leader);
  const refused = async (command: readonly string[], why: RegExp, env = settings): Promise<void> => {
    const { code, stdout, stderr } = await rclonegwctl(command, env);
    assert.deepEqual([code, stdout], [1, ""], stderr);
    const lines = stderr.trim().split("\n").filter((line) => line !== "Not tried: --no-validate");
    assert.equal(lines.length, 1, stderr);
    assert.match(lines[0] ?? "", why);
  };

  for (const [name, command] of Object.entries(commands)) {
    await t.step(`${name} with the address of a replica`, async () => {
      await refused(
        command,
        /^Cannot write to .* at 127\.0\.0\.1:6380 \(REDIS_ADDRESS\): it is a replica .*Nothing was changed\. Set /,
        {
          ...settings,
          REDIS_ADDRESS: replica.address,
        },
      );
    });
  }
  const away =
    /^Cannot reach the leader's Redis at 127\.0\.0\.1:6379 \(REDIS_ADDRESS\) as .*it does not answer .*Nothing was changed\. Run this again when it is back/;
  await t.step("a leader that is stopped: its connections stay open", async () => {
    using _stopped = await stopped(leader);
    await Promise.all([commands["grant add"], commands["destination add"]].map((command) => {
      assert(command !== undefined);
      return refused(command, away);
    }));
  });
  await t.step("nothing was changed by then", async () => {
    await eventually("the leader answers", async () => leader.client.isReady && await leader.client.dbSize());
    assert.deepEqual(await dump(leader), before);
  });
  await t.step("a leader that goes in the middle: whether anything was changed is not known", async () => {
    await leader.client.sendCommand(["CLIENT", "PAUSE", "60000", "WRITE"]);
    const ended = rclonegwctl(["grant", "add", DOKUWIKI2.name, DOKUWIKI1.name], settings);
    await eventually("it waits for its write", async () => {
      const clients = String(await leader.client.sendCommand(["CLIENT", "LIST"])).split("\n");
      return clients.some((line) => / cmd=(hset|exec) .*user=gateway-operator /.test(line));
    });
    await killed(leader);
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stdout], [1, ""], stderr);
    assert.match(stderr, /^Cannot go on: the leader's Redis at 127\.0\.0\.1:6379 .*cannot be told.*\n$/);
  });
  for (const [name, command] of Object.entries(commands)) {
    await t.step(`${name} with a leader that is gone`, () => refused(command, away));
  }
  await t.step("nothing was changed", async () => {
    // The replica holds what it last heard.
    assert.deepEqual(await dump(replica), before);
  });
});

/** All that a Redis holds, key by key. */
async function dump({ client }: TestRedis): Promise<Record<string, unknown>> {
  const keys = (await client.keys("*")).sort();
  const read = async (key: string): Promise<unknown> => {
    switch (await client.type(key)) {
      case "hash":
        return Object.entries(await client.hGetAll(key)).sort();
      case "set":
        return (await client.sMembers(key)).sort();
      default:
        return await client.get(key);
    }
  };
  return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await read(key)])));
}
