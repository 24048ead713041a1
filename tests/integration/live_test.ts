import assert from "node:assert/strict";
import {
  aclLine,
  DESTINATION,
  DOKUWIKI1,
  DOKUWIKI2,
  fillCluster,
  MAIL1,
  NODE1,
  repositoryUrl,
  sha256,
} from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { HEALTH, startGateway } from "./harness/gateway.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";

const config = (of = DOKUWIKI1): string => `${repositoryUrl(of)}/config`;

/** Asks until the status is the expected one: a change is in force when Redis's announcement arrives, in milliseconds. */
async function becomes(status: number, ...parameters: Parameters<typeof request>): Promise<void> {
  await eventually(
    `status ${status}, a second after the change at most`,
    async () => (await request(...parameters)).status === status,
    1000,
  );
}

// Identities and grants are asked for live: a change is in force at once, with no reload of anything.
Deno.test("identities_and_grants_are_live", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using gateway = await startGateway();
  const { client } = redis;
  const created = await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, {
    as: DOKUWIKI1,
    rest: false,
  });
  assert.equal(created.status, 200, created.text);
  await request("POST", `${repositoryUrl(DOKUWIKI1)}/config`, { as: DOKUWIKI1, body: "a config" });
  const reloads = async (): Promise<number> => (await gateway.logs()).split("HAProxy reloaded").length - 1;
  const reloadsBefore = await reloads();

  await t.step("a module reads its own repository, byte for byte", async () => {
    const answer = await request("GET", config(), { as: DOKUWIKI1 });
    assert.deepEqual([answer.status, answer.text], [200, "a config"]);
    assert.match(answer.headers.get("server") ?? "", /^rclone/);
  });
  await t.step("a module does not read another's, of its own or another app type", async () => {
    assert.equal((await request("GET", config(), { as: DOKUWIKI2 })).status, 403);
    assert.equal((await request("GET", config(), { as: MAIL1 })).status, 403);
  });
  await t.step("a node reads everything", async () => {
    assert.equal((await request("GET", config(), { as: NODE1 })).status, 200);
  });
  await t.step("no credentials, wrong ones and unknown users get 401 with a challenge", async () => {
    for (
      const as of [undefined, { ...DOKUWIKI1, secret: "wrong" }, { ...DOKUWIKI1, name: "module/dokuwiki9" }]
    ) {
      const answer = await request("GET", config(), as === undefined ? {} : { as });
      assert.equal(answer.status, 401);
      assert.match(answer.headers.get("www-authenticate") ?? "", /^Basic /);
    }
  });
  await t.step("a secret that is replaced is refused at the next request, the new one is taken", async () => {
    const renewed = { ...DOKUWIKI1, secret: "another" };
    await client.multi().sRem("cluster/acls", aclLine(DOKUWIKI1)).sAdd("cluster/acls", aclLine(renewed))
      .exec();
    await becomes(401, "GET", config(), { as: DOKUWIKI1 });
    await becomes(200, "GET", config(), { as: renewed });
    await client.multi().sRem("cluster/acls", aclLine(renewed)).sAdd("cluster/acls", aclLine(DOKUWIKI1))
      .exec();
  });
  await t.step("a user that is disabled is refused at the next request", async () => {
    const off = aclLine(DOKUWIKI1).replace(" on ", " off ");
    await client.multi().sRem("cluster/acls", aclLine(DOKUWIKI1)).sAdd("cluster/acls", off).exec();
    await becomes(401, "GET", config(), { as: DOKUWIKI1 });
    await client.multi().sRem("cluster/acls", off).sAdd("cluster/acls", aclLine(DOKUWIKI1)).exec();
    await becomes(200, "GET", config(), { as: DOKUWIKI1 });
  });
  await t.step("a restore grant opens the source's repository for reading, and closes with it", async () => {
    await client.hSet("private/nodes/restore_uuid", DOKUWIKI2.uuid, DOKUWIKI1.uuid);
    await becomes(200, "GET", config(), { as: DOKUWIKI2 });
    const object = `${repositoryUrl(DOKUWIKI1)}/data/${"0".repeat(64)}`;
    await becomes(403, "POST", object, { as: DOKUWIKI2, body: "x" });
    await becomes(403, "DELETE", config(), { as: DOKUWIKI2 });
    await client.hDel("private/nodes/restore_uuid", DOKUWIKI2.uuid);
    await becomes(403, "GET", config(), { as: DOKUWIKI2 });
  });
  await t.step("a restore grant does not hold across app types", async () => {
    await client.hSet("private/nodes/restore_uuid", MAIL1.uuid, DOKUWIKI1.uuid);
    await becomes(403, "GET", config(), { as: MAIL1 });
    await client.hDel("private/nodes/restore_uuid", MAIL1.uuid);
  });
  await t.step("a restore grant ends with its time to live", async () => {
    await client.hSet("private/nodes/restore_uuid", DOKUWIKI2.uuid, DOKUWIKI1.uuid);
    await client.hpExpire("private/nodes/restore_uuid", DOKUWIKI2.uuid, 1500);
    await becomes(200, "GET", config(), { as: DOKUWIKI2 });
    await new Promise((resolve) => setTimeout(resolve, 1600));
    await becomes(403, "GET", config(), { as: DOKUWIKI2 });
  });
  await t.step("a module without a uuid holds nothing, and gets its repository with it", async () => {
    await client.hDel("cluster/module_uuid", "dokuwiki1");
    await becomes(403, "GET", config(), { as: DOKUWIKI1 });
    await client.hSet("cluster/module_uuid", "dokuwiki1", DOKUWIKI1.uuid);
    await becomes(200, "GET", config(), { as: DOKUWIKI1 });
  });
  await t.step("none of it has reloaded anything", async () => {
    assert.equal(await reloads(), reloadsBefore);
  });
  await t.step("a destination that is not known is a 403 that says so", async () => {
    const unknown = config().replace(DESTINATION, "5a1c2d3e-0000-4000-8000-00000000ffff");
    const answer = await request("GET", unknown, { as: DOKUWIKI1 });
    assert.equal(answer.status, 403);
    assert.match(answer.text, /5a1c2d3e-0000-4000-8000-00000000ffff is not known/);
  });
  await t.step(
    "a destination on the disk of another node that does not answer is a 503 that says so",
    async () => {
      const other = "5a1c2d3e-0000-4000-8000-000000000002";
      await client.sAdd("cluster/acls", "user node/2 on #00 ~* &* +@all");
      await client.hSet("node/2/vpn", "ip_address", "10.5.4.2");
      await client.hSet(`cluster/backup_repository/${other}`, {
        provider: "cluster",
        url: "webdav:http://10.5.4.2:4694",
      });
      await client.hSet("private/nodes/backup_destination/rclone_conf", other, `[${other}]\ntype=local\n`);
      await client.publish(
        "cluster/event/backup-destination-changed",
        JSON.stringify({ destination_ids: [other] }),
      );
      const answer = await eventually("the destination is known", async () => {
        const answer = await request("GET", config().replace(DESTINATION, other), { as: DOKUWIKI1 });
        return answer.status === 503 && answer;
      });
      assert.match(answer.text, /the node that has this destination on its disk does not answer/);
      assert.match(answer.headers.get("retry-after") ?? "", /^[0-9]+$/);
    },
  );
  await t.step("two modules that share a uuid are named in status and log", async () => {
    await client.hSet("cluster/module_uuid", "dokuwiki3", DOKUWIKI1.uuid);
    await client.publish("cluster/event/acl-changed", "cluster/acls");
    await eventually("status names them", async () => {
      const { sharedUuids } = await (await fetch(`${HEALTH}/status`)).json();
      return JSON.stringify(sharedUuids) ===
        JSON.stringify([{ uuid: DOKUWIKI1.uuid, modules: ["dokuwiki1", "dokuwiki3"] }]);
    });
    assert.match(await gateway.logs(), /module\/dokuwiki1 and module\/dokuwiki3 have the same uuid/);
    await client.hDel("cluster/module_uuid", "dokuwiki3");
  });
  await t.step("PROPFIND / lists the destinations and touches no storage", async () => {
    const answer = await request("PROPFIND", "http://127.0.0.1:4694/", {
      as: DOKUWIKI1,
      rest: false,
      headers: { depth: "1" },
    });
    assert.equal(answer.status, 207);
    assert.match(answer.text, new RegExp(`<D:href>/${DESTINATION}/</D:href>`));
  });
  await t.step("a module reads its repository over WebDAV, and writes nothing there", async () => {
    const read = await request("GET", config(), { as: DOKUWIKI1, rest: false });
    assert.deepEqual([read.status, read.text], [200, "a config"]);
    for (const method of ["PUT", "DELETE", "MKCOL", "MOVE", "COPY", "LOCK", "PROPPATCH"]) {
      const answer = await request(method, config(), {
        as: DOKUWIKI1,
        rest: false,
        headers: { destination: "/x" },
      });
      assert.equal(answer.status, 403, method);
    }
    assert.equal((await request("GET", config(), { as: DOKUWIKI1 })).text, "a config");
  });
  await t.step("a node's manifest is read by its module", async () => {
    const manifest = `${repositoryUrl(DOKUWIKI1)}.json`;
    const put = await request("PUT", manifest, { as: NODE1, rest: false, body: "{}" });
    assert.equal(put.status, 201, put.text);
    assert.equal((await request("GET", manifest, { as: DOKUWIKI1, rest: false })).text, "{}");
    assert.equal((await request("GET", manifest, { as: DOKUWIKI2, rest: false })).status, 403);
  });
});

Deno.test("an_upload_that_is_stored_already_is_answered_by_what_is_stored", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using _gateway = await startGateway();
  const repository = repositoryUrl(DOKUWIKI1);
  await request("POST", `${repository}/?create=true`, { as: DOKUWIKI1, rest: false });
  const object = `${repository}/data/${sha256("content")}`;
  assert.equal((await request("POST", object, { as: DOKUWIKI1, body: "content" })).status, 200);

  await t.step("the same name and size: 200", async () => {
    assert.equal((await request("POST", object, { as: DOKUWIKI1, body: "content" })).status, 200);
  });
  await t.step("the same name, another size: 403, and what is stored stays", async () => {
    assert.equal((await request("POST", object, { as: DOKUWIKI1, body: "other content" })).status, 403);
    assert.equal((await request("GET", object, { as: DOKUWIKI1 })).text, "content");
  });
  await t.step("the same name without a length: 503, since it cannot be told", async () => {
    const body = new Blob(["content"]).stream();
    assert.equal((await request("POST", object, { as: DOKUWIKI1, body })).status, 503);
    assert.equal((await request("GET", object, { as: DOKUWIKI1 })).text, "content");
  });
  await t.step("config: 403 always, for nodes too", async () => {
    const config = `${repository}/config`;
    assert.equal((await request("POST", config, { as: DOKUWIKI1, body: "one" })).status, 200);
    assert.equal((await request("POST", config, { as: DOKUWIKI1, body: "one" })).status, 403);
    assert.equal((await request("POST", config, { as: NODE1, body: "two" })).status, 403);
    assert.equal((await request("GET", config, { as: DOKUWIKI1 })).text, "one");
  });
  await t.step("a module deletes its locks and nothing else", async () => {
    assert.equal((await request("DELETE", object, { as: DOKUWIKI1 })).status, 403);
    const lock = `${repository}/locks/${"b2".repeat(32)}`;
    assert.equal((await request("POST", lock, { as: DOKUWIKI1, body: "lock" })).status, 200);
    assert.equal((await request("DELETE", lock, { as: DOKUWIKI1 })).status, 200);
    assert.equal((await request("DELETE", object, { as: NODE1 })).status, 200);
  });
});

Deno.test("what_cannot_be_resolved_is_a_503_and_never_a_yes", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using gateway = await startGateway();
  await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, { as: DOKUWIKI1, rest: false });
  await request("POST", config(), { as: DOKUWIKI1, body: "a config" });
  const statusNow = async (): Promise<number> => (await request("GET", config(), { as: DOKUWIKI1 })).status;
  assert.equal(await statusNow(), 200);

  await t.step("an empty cluster/acls", async () => {
    const lines = await redis.client.sMembers("cluster/acls");
    await redis.client.del("cluster/acls");
    await becomes(503, "GET", config(), { as: DOKUWIKI1 });
    await redis.client.sAdd("cluster/acls", lines);
    await becomes(200, "GET", config(), { as: DOKUWIKI1 });
  });
  await t.step("a cluster/acls of the wrong type", async () => {
    const lines = await redis.client.sMembers("cluster/acls");
    await redis.client.set("cluster/acls", "oops");
    await becomes(503, "GET", config(), { as: DOKUWIKI1 });
    await redis.client.del("cluster/acls");
    await redis.client.sAdd("cluster/acls", lines);
    await becomes(200, "GET", config(), { as: DOKUWIKI1 });
  });
  await t.step(
    "a Redis that is stopped (its connections stay open), within two seconds; and back",
    async () => {
      const [server] = await redis.container.processes();
      assert(server !== undefined);
      Deno.kill(server.pid, "SIGSTOP");
      try {
        await new Promise((resolve) => setTimeout(resolve, 2000));
        const answer = await request("GET", config(), { as: DOKUWIKI1 });
        assert.equal(answer.status, 503);
        assert.match(answer.headers.get("retry-after") ?? "", /^[0-9]+$/);
      } finally {
        Deno.kill(server.pid, "SIGCONT");
      }
      await eventually("requests are answered again", async () => await statusNow() === 200, 10_000);
    },
  );
  await t.step("a sidecar that hangs, and one that is killed", async () => {
    const sidecar = (await gateway.processes()).find(({ command }) => command.includes("authz/main.js"));
    assert(sidecar !== undefined);
    Deno.kill(sidecar.pid, "SIGSTOP");
    assert.equal(await statusNow(), 503);
    Deno.kill(sidecar.pid, "SIGKILL");
    assert.equal(await statusNow(), 503);
    await eventually("a new sidecar answers", async () => await statusNow() === 200, 10_000);
  });
});
