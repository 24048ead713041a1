import assert from "node:assert/strict";
import { DESTINATION, DOKUWIKI1, DOKUWIKI2, fillCluster, NODE1, repositoryUrl } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { HEALTH, startGateway } from "./harness/gateway.ts";
import { podman } from "./harness/podman.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";
import { REDIS_USERS, startRedis, type TestRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";

/** More than the sidecar's pause between two questions and the leader's between two PINGs. */
const LAG_S = 10;
/** The replica gives a silent leader up: later than the limit, so that what follows shows that nothing gets younger by it. */
const REPL_TIMEOUT_S = 12;
const GRANTS = "private/nodes/restore_uuid";
const config = `${repositoryUrl(DOKUWIKI1)}/config`;

type Cluster = AsyncDisposable & { readonly leader: TestRedis; readonly replica: TestRedis };

/** A leader with the cluster's data, and a replica that has heard of it. */
async function startCluster(): Promise<Cluster> {
  await using stack = new AsyncDisposableStack();
  const leader = stack.use(await startRedis({ settings: ["repl-ping-replica-period 1"] }));
  await fillCluster(leader.client);
  const replica = stack.use(
    await startRedis({ port: 6380, replicaOf: leader, settings: [`repl-timeout ${REPL_TIMEOUT_S}`] }),
  );
  await eventually("the replica has copied all", async () => await replica.client.dbSize() > 0);
  const all = stack.move();
  return { leader, replica, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const settingsOf = ({ leader, replica }: Cluster): Record<string, string> => ({
  REDIS_ADDRESS: leader.address,
  REDIS_REPLICA_ADDRESS: replica.address,
  AUTHZ_MAX_REPLICA_LAG: String(LAG_S),
});

async function serverOf({ container }: TestRedis): Promise<number> {
  const [server] = await container.processes();
  assert(server !== undefined, "Redis has no process");
  return server.pid;
}

const own = async (): Promise<number> => (await request("GET", config, { as: DOKUWIKI1 })).status;
const granted = async (): Promise<number> => (await request("GET", config, { as: DOKUWIKI2 })).status;
const becomes = (status: number, ask: () => Promise<number>): Promise<true> =>
  eventually(`status ${status}`, async () => await ask() === status ? true : undefined);

/**
 * Asks again and again for `seconds`: the answers to who holds a grant, without repetitions. Who reads its own repository and
 * a node are answered all the time.
 */
async function answersFor(seconds: number): Promise<number[]> {
  const answers: number[] = [];
  for (const began = performance.now(); performance.now() - began < seconds * 1000;) {
    const status = await granted();
    if (answers.at(-1) !== status) answers.push(status);
    assert.equal(await own(), 200, "the own repository goes on");
    assert.equal((await request("GET", config, { as: NODE1 })).status, 200, "a node goes on");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return answers;
}

/** Gives the one module the other's repository, and returns when the replica's node takes it. */
async function grant({ leader }: Cluster): Promise<void> {
  await leader.client.hSet(GRANTS, DOKUWIKI2.uuid, DOKUWIKI1.uuid);
  await becomes(200, granted);
}

Deno.test("a_restore_grant_stands_while_the_replica_has_heard_its_leader", async (t) => {
  await using cluster = await startCluster();
  await using gateway = await startGateway({ settings: settingsOf(cluster) });
  const { leader, replica } = cluster;
  const created = await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, {
    as: DOKUWIKI1,
    rest: false,
  });
  assert.equal(created.status, 200, created.text);
  await request("POST", config, { as: DOKUWIKI1, body: "a config" });
  const status = () => rclonegwctl(["status"]);
  const metric = async (name: string): Promise<number | undefined> => {
    const text = await (await fetch(`${HEALTH}/metrics`)).text();
    const [, value] = new RegExp(`^${name.replace(/[{}"]/g, "\\$&")} (.*)$`, "m").exec(text) ?? [];
    return value === undefined ? undefined : Number(value);
  };

  await t.step("what is granted and revoked on the leader is so on the replica's node", async () => {
    assert.equal(await granted(), 403);
    await grant(cluster);
    await leader.client.hDel(GRANTS, DOKUWIKI2.uuid);
    await becomes(403, granted);
    await grant(cluster);
  });
  await t.step("it stands as long as the leader goes on, also when nothing changes", async () => {
    assert.deepEqual(await answersFor(2 * LAG_S), [200]);
  });
  await t.step("status and metrics show a link that is up", async () => {
    const { code, stdout } = await status();
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^replica +link up, the leader was heard [0-9]+ s ago$/m);
    assert.equal(await metric('rclone_gateway_replica_role{role="replica"}'), 1);
    assert.equal(await metric('rclone_gateway_replica_role{role="leader"}'), 0);
    assert.equal(await metric("rclone_gateway_replica_link_up"), 1);
    assert.equal(await metric("rclone_gateway_restore_grants_in_force"), 1);
    const heard = await metric("rclone_gateway_replica_heard_seconds");
    assert(heard !== undefined && heard < LAG_S, `heard ${heard} s ago`);
  });
  await t.step(
    "a leader that is silent: until the limit, and not again when its link is given up",
    async () => {
      Deno.kill(await serverOf(leader), "SIGSTOP");
      try {
        assert.deepEqual(await answersFor(2 * LAG_S + REPL_TIMEOUT_S), [200, 503]);
        const said = await request("GET", config, { as: DOKUWIKI2 });
        assert.match(said.text, /no word from the cluster's leader/);
        assert.match(said.headers.get("retry-after") ?? "", /^[0-9]+$/);
      } finally {
        Deno.kill(await serverOf(leader), "SIGCONT");
      }
      await becomes(200, granted);
    },
  );
  await t.step("a leader that is killed: until the limit, and again when it is back", async () => {
    await leader.client.sendCommand(["SAVE"]);
    await killed(leader);
    assert.deepEqual(await answersFor(2 * LAG_S), [200, 503]);
  });
  await t.step(
    "what would be refused with a grant is refused, and another app type is none of it",
    async () => {
      const put = await request("PUT", config, { as: DOKUWIKI2, rest: false, body: "x" });
      assert.equal(put.status, 403);
      const other = config.replace("/dokuwiki/", "/nextcloud/");
      assert.equal((await request("GET", other, { as: DOKUWIKI2 })).status, 403);
    },
  );
  await t.step("that no grant is known is no refusal either", async () => {
    // The leader may have granted it meanwhile.
    assert.equal((await request("GET", `${repositoryUrl(DOKUWIKI2)}/config`, { as: DOKUWIKI1 })).status, 503);
  });
  await t.step("status, metrics and explain say so, and what follows", async () => {
    const { code, stdout } = await status();
    assert.equal(code, 1);
    assert.match(stdout, /^authorization +deciding$/m);
    assert.match(
      stdout,
      /^replica +LINK DOWN: .*last heard [0-9]+ s ago; what needs a restore grant gets 503;/m,
    );
    const { replica: told } = JSON.parse((await rclonegwctl(["status", "--json"])).stdout);
    const { role, link, maxSeconds, restoreGrants, heardSecondsAgo } = told;
    assert.deepEqual([role, link, maxSeconds, restoreGrants], ["replica", "down", LAG_S, "refused"]);
    assert(heardSecondsAgo >= LAG_S);
    const ready = await fetch(`${HEALTH}/readyz`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /^replica: its link to the leader is down/m);
    assert.equal(await metric("rclone_gateway_replica_link_up"), 0);
    assert.equal(await metric("rclone_gateway_restore_grants_in_force"), 0);
    const path = new URL(config).pathname;
    const explained = await rclonegwctl(["explain", DOKUWIKI2.name, "GET", path, "--accept", "rest"], {
      REDIS_REPLICA_ADDRESS: replica.address,
    });
    assert.equal(explained.code, 1);
    assert.match(explained.stdout, /restore grant +unknown: /);
    assert.match(explained.stdout, /refused with 503: grants-outdated/);
  });
  await t.step("the leader is back, and with it the grant", async () => {
    await backAgain(leader);
    await becomes(200, granted);
    assert.equal((await status()).code, 0);
  });
  await t.step("a grant ends on time without the leader", async () => {
    await leader.client.hpExpire(GRANTS, DOKUWIKI2.uuid, LAG_S * 500);
    const ends = performance.now() + LAG_S * 500;
    assert.equal(await granted(), 200);
    await leader.client.sendCommand(["SAVE"]);
    await killed(leader);
    const answers: number[] = [];
    while (performance.now() < ends + LAG_S * 1000) {
      const asked = performance.now();
      const status = await granted();
      assert(asked < ends || status !== 200, `200 to what was asked ${asked - ends} ms after its end`);
      if (answers.at(-1) !== status) answers.push(status);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // Where the leader was heard a moment before, it is known that the grant has ended.
    assert.deepEqual(answers, [200, 403, 503]);
    await backAgain(leader);
    await becomes(403, granted);
  });
  await t.step("a sidecar that begins while the leader is away believes no grant", async () => {
    await grant(cluster);
    await leader.client.sendCommand(["SAVE"]);
    await killed(leader);
    const sidecar = (await gateway.processes()).find(({ command }) => command.includes("authz/main.js"));
    assert(sidecar !== undefined);
    Deno.kill(sidecar.pid, "SIGKILL");
    await becomes(200, own);
    assert.equal(await granted(), 503);
    await backAgain(leader);
    await becomes(200, granted);
  });
  await t.step("a user that may not ask is told so; grants are refused, the rest goes on", async () => {
    await replica.client.sendCommand(["ACL", "SETUSER", REDIS_USERS.authz.user, "-info"]);
    await becomes(503, granted);
    assert.equal(await own(), 200);
    const { code, stdout } = await status();
    assert.equal(code, 1);
    assert.match(stdout, /^replica +UNKNOWN: INFO replication is refused: NOPERM .*restore grant gets 503/m);
    await replica.client.sendCommand(["ACL", "SETUSER", REDIS_USERS.authz.user, "+info"]);
    await becomes(200, granted);
  });
  await t.step("the log tells of each change once", async () => {
    const log = await gateway.logs();
    assert.match(log, /authz: Restore grants are not believed: its link to the leader is down/);
    assert.match(log, /authz: Restore grants are believed again/);
    assert(log.split("Restore grants are not believed").length - 1 <= 6, log);
  });
});

/** Kills a Redis, and returns when it is gone. */
async function killed(redis: TestRedis): Promise<void> {
  Deno.kill(await serverOf(redis), "SIGKILL");
  await podman("wait", redis.container.name);
}

/** Starts it again, with what it had stored. */
async function backAgain(redis: TestRedis): Promise<void> {
  await podman("start", redis.container.name);
  await eventually("the leader is back", async () => redis.client.isReady && await redis.client.dbSize() > 0);
}

Deno.test("on_the_leaders_node_nothing_is_a_replica", async () => {
  await using leader = await startRedis();
  await fillCluster(leader.client);
  await using _gateway = await startGateway({ settings: { AUTHZ_MAX_REPLICA_LAG: "0" } });
  await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, { as: DOKUWIKI1, rest: false });
  await request("POST", config, { as: DOKUWIKI1, body: "a config" });
  await leader.client.hSet(GRANTS, DOKUWIKI2.uuid, DOKUWIKI1.uuid);
  await becomes(200, granted);
  const { code, stdout } = await rclonegwctl(["status"]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^replica +none: what is read is the leader itself$/m);
});

Deno.test("what_writes_says_that_the_leader_is_away_and_changes_nothing", async (t) => {
  await using cluster = await startCluster();
  const { leader, replica } = cluster;
  const settings = settingsOf(cluster);
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
    Deno.kill(await serverOf(leader), "SIGSTOP");
    try {
      await Promise.all([commands["grant add"], commands["destination add"]].map((command) => {
        assert(command !== undefined);
        return refused(command, away);
      }));
    } finally {
      Deno.kill(await serverOf(leader), "SIGCONT");
    }
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
