import assert from "node:assert/strict";
import { fillCluster, NODE1 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { section, startProvider, token } from "./harness/oauth_provider.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";

const DESTINATION = "5a1c2d3e-0000-4000-8000-0000000000d1";
const CONF = "private/nodes/backup_destination/rclone_conf";

type Token = { readonly access_token: string; readonly refresh_token?: string; readonly expiry: string };

Deno.test("a_token_that_rclone_refreshes_is_stored_once_and_reloads_nothing", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using provider = startProvider();
  await redis.client.hSet(CONF, DESTINATION, section(DESTINATION, provider.port, token(-60)));
  await redis.client.hSet(`cluster/backup_repository/${DESTINATION}`, {
    name: "o",
    provider: "rclone",
    basepath: "b",
  });
  const stored = async (): Promise<Token> => {
    const text = await redis.client.hGet(CONF, DESTINATION) ?? "";
    return JSON.parse(/^token = (.*)$/m.exec(text)?.[1] ?? "{}");
  };
  const use = (): ReturnType<typeof request> =>
    request("GET", `http://127.0.0.1:4694/${DESTINATION}/dokuwiki/x/config`, { as: NODE1 });
  await using gateway = await startGateway({ settings: { NODE_ID: "1" } });
  const reloads = async (): Promise<number> => (await gateway.logs()).match(/HAProxy reloaded/g)?.length ?? 0;

  await t.step("the refreshed one is in Redis, and nobody is asked twice with the same", async () => {
    await use();
    await eventually("it is stored", async () => (await stored()).refresh_token === "refresh-1", 30_000);
    assert.equal((await stored()).access_token, "access-1");
    assert.deepEqual(provider.refreshed, ["refresh-0"]);
    assert.match(await redis.client.hGet(CONF, DESTINATION) ?? "", /^type = hidrive$/m, "the rest stays");
  });
  await t.step("HAProxy was not reloaded for it, and rclone goes on", async () => {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    assert.equal(await reloads(), 1);
    assert.doesNotMatch(await gateway.logs(), /starts again|earlier configuration has ended/);
    await use();
    assert.equal(provider.refreshed.length, 1);
  });
  await t.step("one that somebody has replaced is used at once", async () => {
    const before = provider.refreshed.length;
    await redis.client.hSet(
      CONF,
      DESTINATION,
      section(DESTINATION, provider.port, token(-60).replace("refresh-0", "refresh-1")),
    );
    await redis.client.publish("cluster/event/backup-destination-changed", "{}");
    await eventually("rclone starts again", async () => /starts again/.test(await gateway.logs()));
    await use();
    await eventually("it is stored", async () => (await stored()).refresh_token === "refresh-2", 30_000);
    assert.deepEqual(provider.refreshed.slice(before), ["refresh-1"]);
    assert.equal(await reloads(), 1);
  });
  assert.doesNotMatch(await gateway.logs(), /access-[0-9]|refresh-[0-9]/);
});

Deno.test("a_node_that_is_not_the_leaders_uses_what_is_stored_and_refreshes_nothing", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using provider = startProvider();
  await redis.client.hSet("cluster/environment", "NODE_ID", "7");
  await redis.client.hSet(CONF, DESTINATION, section(DESTINATION, provider.port, token(-60)));
  await redis.client.hSet(`cluster/backup_repository/${DESTINATION}`, {
    name: "o",
    provider: "rclone",
    basepath: "b",
  });
  await using gateway = await startGateway();
  const use = async (): Promise<number> =>
    (await request("GET", `http://127.0.0.1:4694/${DESTINATION}/dokuwiki/x/config`, { as: NODE1 })).status;
  await t.step("an expired one is a passing trouble", async () => {
    assert.ok([502, 503].includes(await use()));
    assert.deepEqual(provider.refreshed, []);
  });
  await t.step("what the leader's node has stored is used, without a restart", async () => {
    await redis.client.hSet(CONF, DESTINATION, section(DESTINATION, provider.port, token(3600)));
    await redis.client.publish("cluster/event/backup-destination-changed", "{}");
    await eventually("the storage is asked", async () => await use() === 404, 30_000);
    assert.deepEqual(provider.refreshed, []);
    assert.doesNotMatch(await gateway.logs(), /starts again/);
    assert.equal((await gateway.logs()).match(/HAProxy reloaded/g)?.length, 1);
  });
});
