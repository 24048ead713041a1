import assert from "node:assert/strict";
import { RedisClient } from "../../gateway/redis/client.ts";
import { RedisError } from "../../gateway/redis/resp.ts";
import { eventually } from "./harness/eventually.ts";
import { processOf } from "./harness/gateway.ts";
import { REDIS_ADDRESS, REDIS_USERS, startRedis } from "./harness/redis.ts";

type Given = Disposable & {
  readonly client: RedisClient;
  readonly errors: string[];
  readonly changed: (string | null)[];
};

function given(
  user: { user: string; password: string },
  options: ConstructorParameters<typeof RedisClient>[1] = {},
): Given {
  const client = new RedisClient({ address: REDIS_ADDRESS, ...user }, options);
  const errors: string[] = [];
  const changed: (string | null)[] = [];
  client.on("error", (error) => errors.push(error.message));
  client.on("invalidate", (key) => changed.push(key));
  return { client, errors, changed, [Symbol.dispose]: () => client.destroy() };
}

Deno.test("the_client_reads_what_redis_holds_and_hears_of_changes", async (t) => {
  await using redis = await startRedis();
  const UUIDS = "cluster/module_uuid";
  await t.step("values, maps, sets and times to live", async () => {
    using one = given(REDIS_USERS.operator);
    await one.client.connect();
    const long = "ü\r\n".repeat(100_000);
    await redis.client.hSet(UUIDS, { a: "1", long });
    await redis.client.hpExpire(UUIDS, "a", 60_000);
    assert.deepEqual(await one.client.hGetAll(UUIDS), { a: "1", long });
    assert.equal(await one.client.hGet(UUIDS, "long"), long);
    assert.equal(await one.client.hGet(UUIDS, "nobody"), null);
    const [a, no] = await one.client.hpTTL(UUIDS, ["a", "nobody"]);
    assert((a ?? 0) > 0 && (a ?? 0) <= 60_000 && no === -2, `${a} ${no}`);
    assert.deepEqual(await one.client.hGetAll("cluster/environment"), {});
    await redis.client.sAdd("cluster/acls", ["x", "ü", ""]);
    const members: string[] = [];
    await one.client.each(
      ["SMEMBERS", "cluster/acls"],
      (bytes, from, to) => members.push(new TextDecoder().decode(bytes.slice(from, to))),
    );
    assert.deepEqual(members.sort(), ["", "x", "ü"]);
  });
  await t.step("a refusal is Redis's own, and concerns one command only", async () => {
    using one = given(REDIS_USERS.authz);
    await one.client.connect();
    const [refused, pong] = await Promise.allSettled([one.client.get("cluster/uuid"), one.client.ping()]);
    assert(refused.status === "rejected" && refused.reason instanceof RedisError);
    assert.match(refused.reason.message, /^NOPERM/);
    await assert.rejects(one.client.each(["SMEMBERS", "cluster/uuid"], () => {}), /^RedisError: NOPERM/);
    await assert.rejects(one.client.subscribe("elsewhere", () => {}), /^RedisError: NOPERM/);
    assert(pong.status === "fulfilled" && pong.value === "PONG");
  });
  await t.step("a change to what was read is announced, also on the next connection", async () => {
    using one = given(REDIS_USERS.authz, { trackReads: true });
    await one.client.connect();
    for (const value of ["2", "3"]) {
      one.changed.length = 0;
      await one.client.hGet(UUIDS, "a");
      await one.client.each(["SMEMBERS", "cluster/acls"], () => {});
      await redis.client.hSet(UUIDS, "a", value);
      await redis.client.sAdd("cluster/acls", value);
      await eventually("both are announced", async () => {
        await one.client.ping();
        return one.changed.length === 2;
      });
      assert.deepEqual(one.changed, [UUIDS, "cluster/acls"]);
      await redis.client.sendCommand(["CLIENT", "KILL", "USER", REDIS_USERS.authz.user]);
      await eventually("the connection is lost", () => Promise.resolve(one.errors.length > 0));
      await eventually("it is back", () => Promise.resolve(one.client.isReady));
      one.errors.length = 0;
    }
  });
  await t.step("events are heard over the same connection", async () => {
    using one = given(REDIS_USERS.controller);
    await one.client.connect();
    let heard = 0;
    await one.client.subscribe("cluster/event/acl-changed", () => heard++);
    await redis.client.publish("cluster/event/acl-changed", "{}");
    await eventually("it is heard", () => Promise.resolve(heard === 1));
    assert.deepEqual(await one.client.hGetAll("cluster/environment"), {});
  });
  await t.step("what is watched and changes meanwhile is not written", async () => {
    using one = given(REDIS_USERS.controller);
    await one.client.connect();
    const CONF = "private/nodes/backup_destination/rclone_conf";
    for (const meanwhile of [true, false]) {
      await one.client.send("WATCH", CONF);
      if (meanwhile) await redis.client.hSet(CONF, "x", "theirs");
      await one.client.send("MULTI");
      await one.client.send("HSET", CONF, "x", "ours");
      assert.equal(await one.client.send("EXEC") === null, meanwhile);
    }
    assert.equal(await redis.client.hGet(CONF, "x"), "ours");
  });
});

Deno.test("a_redis_that_does_not_answer_is_told_and_given_up", async (t) => {
  await t.step("nobody is there", async () => {
    using one = given(REDIS_USERS.authz, { once: true });
    await assert.rejects(one.client.connect(), /refused/i);
    await assert.rejects(one.client.ping(), /no connection/);
  });
  await using redis = await startRedis();
  await t.step("a wrong password is Redis's word, without the password", async () => {
    using one = given({ user: REDIS_USERS.authz.user, password: "not-the-password" }, { once: true });
    await assert.rejects(one.client.connect(), /^RedisError: WRONGPASS/);
    assert(!one.errors.join().includes("not-the-password"));
  });
  await t.step("a stopped one is given up, and found again", async () => {
    using one = given(REDIS_USERS.authz, { silentAfterMs: 600 });
    await one.client.connect();
    const server = await processOf(redis.container, /redis-server/);
    Deno.kill(server, "SIGSTOP");
    try {
      const waiting = one.client.ping();
      await assert.rejects(waiting, /nothing came for 600 ms/);
      assert.equal(one.client.isReady, false);
    } finally {
      Deno.kill(server, "SIGCONT");
    }
    await eventually("it is back", () => Promise.resolve(one.client.isReady));
    assert.equal(await one.client.ping(), "PONG");
  });
});
