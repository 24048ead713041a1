// slow
import assert from "node:assert/strict";
import { redisClient } from "../../gateway/redis/connection.ts";
import { DOKUWIKI1, DOKUWIKI2, fillCluster, NODE1, repositoryUrl } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { HEALTH, processOf, startGateway } from "./harness/gateway.ts";
import { makeFolder } from "./harness/podman.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";
import { REDIS_ADDRESS, REDIS_USERS, startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { restic, resticOk } from "./harness/restic.ts";
import { randomBytes } from "./harness/tree.ts";

const config = `${repositoryUrl(DOKUWIKI1)}/config`;

Deno.test("a_backup_survives_a_redis_that_is_away_for_a_minute", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using gateway = await startGateway();
  using tree = makeFolder();
  for (let index = 0; index < 30; index++) {
    Deno.writeFileSync(`${tree.path}/${index}`, randomBytes(2_000_000));
  }
  const as = { as: DOKUWIKI1, folders: { [tree.path]: "/data:ro" } };
  await resticOk(["init"], as);
  const backup = restic(["backup", "/data", "--limit-upload", "4000"], as);
  await new Promise((resolve) => setTimeout(resolve, 4000));
  const [server] = await redis.container.processes();
  assert(server !== undefined);
  Deno.kill(server.pid, "SIGSTOP");
  const away = performance.now();
  try {
    // In a second or so nobody is believed any more.
    await eventually(
      "requests get 503",
      async () => (await request("GET", config, { as: DOKUWIKI1 })).status === 503,
      3000,
    );
    while (performance.now() - away < 60_000) {
      const { status } = await request("GET", config, { as: NODE1 });
      assert.equal(status, 503, `after ${Math.round(performance.now() - away)} ms`);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  } finally {
    Deno.kill(server.pid, "SIGCONT");
  }
  const back = performance.now();
  await eventually(
    "it answers again",
    async () => (await request("GET", config, { as: DOKUWIKI1 })).status === 200,
    10_000,
  );
  console.log(`answered again ${Math.round(performance.now() - back)} ms after Redis was back`);
  const ended = await backup;
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  assert.match(await resticOk(["check", "--read-data"], as), /no errors were found/);
  const log = await gateway.logs();
  assert.equal(log.split(/authz: Redis .* does not answer/).length - 1, 1, "told once");
});

Deno.test("what_is_revoked_is_refused_within_a_second_whatever_happens", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using gateway = await startGateway();
  await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, { as: DOKUWIKI1, rest: false });
  await request("POST", config, { as: DOKUWIKI1, body: "a config" });
  const reader = async (): Promise<number> => (await request("GET", config, { as: DOKUWIKI2 })).status;
  const grant = (): Promise<number> =>
    redis.client.hSet("private/nodes/restore_uuid", DOKUWIKI2.uuid, DOKUWIKI1.uuid);
  /** Milliseconds from the change in Redis to the answer of the first refused request. */
  const untilRefused = async (since: number): Promise<number> => {
    for (;;) {
      const status = await reader();
      const took = performance.now() - since;
      if (status === 403) return took;
      assert([200, 503].includes(status), `status ${status}`);
      assert(took < 1000 || status === 503, `still allowed ${took} ms after it was revoked`);
      assert(took < 20_000, "neither refused nor allowed");
    }
  };

  await t.step("1,000 grants, half revoked and half ended, under load", async () => {
    let loading = true;
    const load = Array.from({ length: 4 }, async () => {
      while (loading) assert.equal((await request("GET", config, { as: NODE1 })).status, 200);
    });
    const took: number[] = [];
    try {
      for (let index = 0; index < 1000; index++) {
        await grant();
        if (index % 2 === 0) {
          assert.equal(await reader(), 200);
          await redis.client.hDel("private/nodes/restore_uuid", DOKUWIKI2.uuid);
          took.push(await untilRefused(performance.now()));
        } else {
          const ends = performance.now() + 60;
          await redis.client.hpExpire("private/nodes/restore_uuid", DOKUWIKI2.uuid, 60);
          // On a busy machine this may come after its end already.
          assert([200, 403].includes(await reader()));
          await new Promise((resolve) => setTimeout(resolve, ends - performance.now()));
          took.push(await untilRefused(ends));
        }
      }
    } finally {
      loading = false;
      await Promise.all(load);
    }
    took.sort((a, b) => a - b);
    const at = (share: number): string => `${(took[Math.floor(share * took.length)] ?? NaN).toFixed(1)} ms`;
    console.log(
      `refused after: median ${at(0.5)}, 99th percentile ${at(0.99)}, longest ${
        at(0.999)
      }, of ${took.length}`,
    );
  });
  for (
    const [fault, find] of Object.entries({
      "the sidecar is killed": () => processOf(gateway, /^deno .*authz\/main\.js$/),
      "the controller is killed": () => processOf(gateway, /^deno .*gateway\/controller\.js$/),
    })
  ) {
    await t.step(`while ${fault}`, async () => {
      await grant();
      await eventually("the grant stands", async () => await reader() === 200);
      Deno.kill(await find(), "SIGKILL");
      await redis.client.hDel("private/nodes/restore_uuid", DOKUWIKI2.uuid);
      await untilRefused(performance.now());
    });
  }
  await t.step("while Redis cuts every connection", async () => {
    await grant();
    await eventually("the grant stands", async () => await reader() === 200);
    await redis.client.sendCommand(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    await redis.client.hDel("private/nodes/restore_uuid", DOKUWIKI2.uuid);
    await untilRefused(performance.now());
  });
  await t.step("the log has a line for each use of the grant", async () => {
    const lines = (await gateway.logs()).split("\n").filter((line) =>
      line.includes('"reason":"restore-grant"')
    );
    assert(lines.length >= 1000);
    const { identity, repository, decision } = JSON.parse(lines[0] ?? "{}");
    assert.deepEqual([identity, repository, decision], [
      DOKUWIKI2.name,
      `dokuwiki/${DOKUWIKI1.uuid}`,
      "allow",
    ]);
  });
});

Deno.test("each_user_of_redis_may_do_what_it_needs_and_no_more", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  /** One command as a user; Redis's error, or "ok". */
  const as = async (
    login: { user: string; password: string },
    command: readonly string[],
  ): Promise<string> => {
    const client = redisClient({ address: REDIS_ADDRESS, ...login }, { once: true });
    client.on("error", () => {});
    await client.connect();
    try {
      await client.sendCommand([...command]);
      return "ok";
    } catch (error) {
      return (error as Error).message;
    } finally {
      client.destroy();
    }
  };
  const secretHash = "private/nodes/backup_destination/rclone_conf";
  await t.step("the sidecar reads no storage's secrets, and writes nothing", async () => {
    assert.equal(await as(REDIS_USERS.authz, ["SMEMBERS", "cluster/acls"]), "ok");
    assert.match(await as(REDIS_USERS.authz, ["HGET", secretHash, "x"]), /^NOPERM/);
    assert.match(await as(REDIS_USERS.authz, ["HSET", "private/nodes/restore_uuid", "a", "b"]), /^NOPERM/);
    assert.match(await as(REDIS_USERS.authz, ["SADD", "cluster/acls", "user x on nopass"]), /^NOPERM/);
  });
  await t.step(
    "the controller reads no identities and no restic passwords, and writes tokens only",
    async () => {
      assert.equal(await as(REDIS_USERS.controller, ["HGETALL", secretHash]), "ok");
      assert.match(await as(REDIS_USERS.controller, ["SMEMBERS", "cluster/acls"]), /^NOPERM/);
      assert.match(
        await as(REDIS_USERS.controller, ["HGETALL", "private/agents/backup_destination/restic_password"]),
        /^NOPERM/,
      );
      assert.match(await as(REDIS_USERS.controller, ["HSET", "node/1/vpn", "ip_address", "x"]), /^NOPERM/);
      assert.match(await as(REDIS_USERS.controller, ["HDEL", secretHash, "x"]), /^NOPERM/);
    },
  );
  await t.step("the operator administers the gateway, not Redis", async () => {
    assert.match(await as(REDIS_USERS.operator, ["ACL", "LIST"]), /^NOPERM/);
    assert.match(await as(REDIS_USERS.operator, ["FLUSHALL"]), /^NOPERM/);
    assert.match(await as(REDIS_USERS.operator, ["KEYS", "*"]), /^NOPERM/);
  });
  await t.step(
    "a module's own user of Redis, as NethServer 8 makes it, reads nothing below private/nodes/",
    async () => {
      // Read access to the cluster's public keys and to private/agents/, everything below its own prefix.
      const module = { user: DOKUWIKI1.name, password: DOKUWIKI1.secret };
      await redis.client.sendCommand([
        ..."ACL SETUSER".split(" "),
        module.user,
        "on",
        `>${module.password}`,
        ..."resetkeys resetchannels ~module/dokuwiki1/* %R~cluster/* %R~node/* %R~module/* %R~private/agents/* -@all +@read +@connection"
          .split(" "),
      ]);
      assert.equal(await as(module, ["HGETALL", "private/agents/backup_destination/restic_password"]), "ok");
      for (const key of [secretHash, "private/nodes/restore_uuid", "private/nodes/gateway/audit"]) {
        for (const command of ["HGETALL", "XLEN", "EXISTS", "TYPE"]) {
          assert.match(await as(module, [command, key]), /^NOPERM/, `${command} ${key}`);
        }
      }
    },
  );
  await t.step("what a user lacks is in the status, in Redis's words", async () => {
    await redis.client.sendCommand(["ACL", "SETUSER", REDIS_USERS.authz.user, "-smembers"]);
    await redis.client.sendCommand(["ACL", "SETUSER", REDIS_USERS.controller.user, "-hgetall"]);
    await using _gateway = await startGateway({ ready: false });
    assert.equal((await request("GET", config, { as: DOKUWIKI1 })).status, 503);
    await eventually("both are named", async () => {
      const text = await (await fetch(`${HEALTH}/readyz`)).text();
      return /authorization: .*NOPERM.*smembers/.test(text) && /configuration: .*NOPERM.*hgetall/.test(text);
    });
    const status = await rclonegwctl(["status"]);
    assert.equal(status.code, 1);
    assert.match(status.stdout, /NOPERM/);
  });
});
