import assert from "node:assert/strict";
import { DOKUWIKI1, DOKUWIKI2, fillCluster, NODE1, repositoryUrl } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { HEALTH, startGateway } from "./harness/gateway.ts";
import {
  killed,
  type LeaderAndReplica,
  startedAgain,
  startLeaderAndReplica,
  stopped,
  stored,
} from "./harness/leader_and_replica.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";
import { REDIS_USERS, startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";

/** More than the sidecar's pause between two questions and the leader's between two PINGs. */
const LAG_S = 10;
/** The replica gives a silent leader up: later than the limit, so that what follows shows that nothing gets younger by it. */
const REPL_TIMEOUT_S = 12;
const GRANTS = "private/nodes/restore_uuid";
const config = `${repositoryUrl(DOKUWIKI1)}/config`;

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
async function grant({ leader }: LeaderAndReplica): Promise<void> {
  await leader.client.hSet(GRANTS, DOKUWIKI2.uuid, DOKUWIKI1.uuid);
  await becomes(200, granted);
}

Deno.test("a_restore_grant_stands_while_the_replica_has_heard_its_leader", async (t) => {
  await using cluster = await startLeaderAndReplica(REPL_TIMEOUT_S);
  await using gateway = await startGateway({
    settings: { ...cluster.settings, AUTHZ_MAX_REPLICA_LAG: String(LAG_S) },
  });
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
      {
        using _stopped = await stopped(leader);
        assert.deepEqual(await answersFor(2 * LAG_S + REPL_TIMEOUT_S), [200, 503]);
        const said = await request("GET", config, { as: DOKUWIKI2 });
        assert.match(said.text, /no word from the cluster's leader/);
        assert.match(said.headers.get("retry-after") ?? "", /^[0-9]+$/);
      }
      await becomes(200, granted);
    },
  );
  await t.step("a leader that is killed: until the limit, and again when it is back", async () => {
    await stored(leader);
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
    await startedAgain(leader);
    await becomes(200, granted);
    assert.equal((await status()).code, 0);
  });
  await t.step("a grant ends on time without the leader", async () => {
    await leader.client.hpExpire(GRANTS, DOKUWIKI2.uuid, LAG_S * 500);
    const ends = performance.now() + LAG_S * 500;
    assert.equal(await granted(), 200);
    await stored(leader);
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
    await startedAgain(leader);
    await becomes(403, granted);
  });
  await t.step("a sidecar that begins while the leader is away believes no grant", async () => {
    await grant(cluster);
    await stored(leader);
    await killed(leader);
    const sidecar = (await gateway.processes()).find(({ command }) => command.includes("authz/main.js"));
    assert(sidecar !== undefined);
    Deno.kill(sidecar.pid, "SIGKILL");
    await becomes(200, own);
    assert.equal(await granted(), 503);
    await startedAgain(leader);
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
  await t.step("what the leader does not hold any more when it is back is gone", async () => {
    await leader.client.hDel(GRANTS, DOKUWIKI2.uuid);
    await becomes(403, granted);
    await stored(leader);
    await grant(cluster);
    await killed(leader);
    assert.equal(await granted(), 200);
    await startedAgain(leader);
    await becomes(403, granted);
  });
  await t.step("the log tells of each change once", async () => {
    const log = await gateway.logs();
    assert.match(log, /authz: Restore grants are not believed: its link to the leader is down/);
    assert.match(log, /authz: Restore grants are believed again/);
    assert(log.split("Restore grants are not believed").length - 1 <= 6, log);
  });
});

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
