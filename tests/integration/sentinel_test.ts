import assert from "node:assert/strict";
import { DESTINATION, DOKUWIKI1, fillCluster, NODE1, repositoryUrl } from "./harness/cluster.ts";
import { announce, removeDestination, storeDestination } from "./harness/destinations.ts";
import { eventually } from "./harness/eventually.ts";
import { HEALTH, startGateway } from "./harness/gateway.ts";
import { killed, startedAgain, stored } from "./harness/leader_and_replica.ts";
import { section, startProvider, token } from "./harness/oauth_provider.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";
import { MAY_FOLLOW, startRedis, type TestRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { startSentinel } from "./harness/sentinel.ts";

const OAUTH = "5a1c2d3e-0000-4000-8000-0000000000d1";

Deno.test("after_a_sentinel_failover_commands_write_to_the_new_leader", async (t) => {
  await using first = await startRedis({ settings: MAY_FOLLOW });
  await fillCluster(first.client);
  await using next = await startRedis({ port: 6380, replicaOf: first });
  // This node's own: it never leads.
  await using own = await startRedis({ port: 6381, replicaOf: first, settings: ["replica-priority 0"] });
  await using sentinel = await startSentinel(first, 2);
  const settings = {
    REDIS_ADDRESS: "",
    // One of them is away.
    REDIS_SENTINELS: `127.0.0.1:1,${sentinel.address}`,
    REDIS_SENTINEL_PASSWORD: sentinel.password,
    REDIS_REPLICA_ADDRESS: own.address,
  };
  await using gateway = await startGateway({ settings });
  const processes = async (): Promise<number[]> =>
    (await gateway.processes()).filter(({ command }) => /^deno /.test(command)).map(({ pid }) => pid);
  const before = await processes();
  const ctl = (...args: string[]) => rclonegwctl(args, settings);
  /** Whether a Redis holds a module's account. */
  const holds = async ({ client }: TestRedis, module: string): Promise<boolean> =>
    (await client.sMembers("cluster/acls")).some((line) => line.startsWith(`user ${module} `));
  const serves = (): Promise<true> =>
    eventually(
      "the gateway decides and serves",
      async () =>
        (await request("GET", `${repositoryUrl(DOKUWIKI1)}/config`, { as: DOKUWIKI1 })).status === 404 &&
        (await fetch(`${HEALTH}/readyz`)).status === 200,
    );

  await t.step("before: the first one leads, and is written to", async () => {
    await serves();
    const { code, stderr } = await ctl("identity", "add", "module/wiki1");
    assert.equal(code, 0, stderr);
    assert.equal(await holds(first, "module/wiki1"), true);
  });
  await t.step("it is killed: commands go to the one that leads now, as soon as there is one", async () => {
    await stored(first);
    await killed(first);
    const ended = await ctl("identity", "add", "module/wiki2");
    if (ended.code !== 0) {
      // Not failed over yet.
      assert.equal(ended.code, 1);
      assert.match(
        ended.stderr,
        /^Cannot (find|reach) the leader's Redis .*REDIS_SENTINELS.*Nothing was changed/,
      );
    }
    await eventually("it is written", async () => (await ctl("identity", "add", "module/wiki3")).code === 0);
    assert.equal(await holds(next, "module/wiki3"), true);
  });
  await t.step("the sidecar and the controller go on: what is written there is served here", async () => {
    await serves();
    const { code, stderr } = await ctl("destination", "alter", DESTINATION, "--name", "Renamed");
    assert.equal(code, 0, stderr);
    await eventually("it is known here", async () => {
      const { destinations } = await (await fetch(`${HEALTH}/status`)).json();
      return destinations[0].name === "Renamed";
    });
    const account = JSON.parse((await ctl("identity", "add", "module/wiki4", "--json")).stdout);
    const as = { name: "module/wiki4", secret: account.secret, uuid: "" };
    await eventually(
      "the account is, too",
      async () =>
        (await request("PROPFIND", "http://127.0.0.1:4694/", { as, rest: false, headers: { depth: "0" } }))
          .status ===
          207,
    );
    assert.deepEqual(await processes(), before, "neither was restarted");
  });
  await t.step("a token that rclone refreshes is stored on the new leader", async () => {
    await using provider = startProvider();
    const destination = {
      id: OAUTH,
      name: "o",
      section: section(OAUTH, provider.port, token(-60)),
      basepath: "b",
    };
    await storeDestination(next.client, destination);
    await announce(next.client, OAUTH);
    const use = `http://127.0.0.1:4694/${OAUTH}/dokuwiki/x/config`;
    await eventually("it is used", async () => (await request("GET", use, { as: NODE1 })).status === 404);
    await eventually("it is stored", async () =>
      /"refresh_token":"refresh-1"/.test(
        await next.client.hGet("private/nodes/backup_destination/rclone_conf", OAUTH) ?? "",
      ), 40_000);
    await removeDestination(next.client, OAUTH);
    await announce(next.client, OAUTH);
  });
  await t.step("the one that led is back, as a replica, and is not written to", async () => {
    await startedAgain(first);
    const { code, stderr } = await ctl("identity", "add", "module/wiki5");
    assert.equal(code, 0, stderr);
    assert.equal(await holds(next, "module/wiki5"), true);
    await serves();
  });
  await t.step(
    "one that the sentinel still takes for the leader, and is none, is not written to",
    async () => {
      await next.client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
      const { code, stderr } = await ctl("identity", "add", "module/wiki6");
      await next.client.sendCommand(["REPLICAOF", "NO", "ONE"]);
      assert.equal(code, 1);
      assert.match(stderr, /names 127\.0\.0\.1:6380, which does not lead\. Nothing was changed/);
      assert.equal(await holds(next, "module/wiki6"), false);
    },
  );
  await t.step("sentinels that are all away are named, and nothing is changed", async () => {
    await sentinel.container.kill();
    const ended = await ctl("identity", "add", "module/wiki7");
    assert.equal(ended.code, 1);
    assert.match(
      ended.stderr,
      /^Cannot find the leader's Redis \(REDIS_SENTINELS\): sentinel 127\.0\.0\.1:1: .*sentinel 127\.0\.0\.1:26379: .*Nothing was changed\./,
    );
    assert.doesNotMatch(ended.stderr, /redis-password/);
    await serves();
  });
});
