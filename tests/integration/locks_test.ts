import assert from "node:assert/strict";
import {
  aclLine,
  basic,
  DOKUWIKI1,
  DOKUWIKI2,
  fillCluster,
  NODE1,
  repositoryUrl,
  sha256,
} from "./harness/cluster.ts";
import type { TestIdentity } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { type Container, makeVolume, podman } from "./harness/podman.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";
import { startRedis } from "./harness/redis.ts";
import { request, REST } from "./harness/request.ts";
import { resticOk } from "./harness/restic.ts";

const repository = repositoryUrl(DOKUWIKI1);

/** A gateway with its volumes, one repository of dokuwiki1's, and a grant of dokuwiki2's to read it. */
async function world(): Promise<
  AsyncDisposable & {
    readonly redis: Awaited<ReturnType<typeof startRedis>>;
    /** the repository's folder on this host */
    readonly folder: string;
    gateway(): Container;
    /** kills the gateway and starts another one with the same volumes */
    again(): Promise<void>;
  }
> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  await fillCluster(redis.client);
  await redis.client.hSet("private/nodes/restore_uuid", DOKUWIKI2.uuid, DOKUWIKI1.uuid);
  const volume = stack.use(await makeVolume("srv"));
  const state = stack.use(await makeVolume("state"));
  const args = ["--volume", `${volume.name}:/srv/repo`, "--volume", `${state.name}:/var/lib/rclone-gateway`];
  let gateway = await startGateway({ args });
  stack.defer(() => gateway[Symbol.asyncDispose]());
  await request("POST", `${repository}/?create=true`, { as: DOKUWIKI1, rest: false });
  const moved = stack.move();
  return {
    redis,
    folder: `${await volume.path()}/dokuwiki/${DOKUWIKI1.uuid}`,
    gateway: () => gateway,
    async again() {
      await podman("kill", gateway.name);
      await gateway[Symbol.asyncDispose]();
      gateway = await startGateway({ args });
    },
    [Symbol.asyncDispose]: () => moved[Symbol.asyncDispose](),
  };
}

let made = 0;
/** Creates a lock as somebody, and returns its URL. */
async function lockBy(as: TestIdentity, content = `lock ${++made}`): Promise<string> {
  const url = `${repository}/locks/${sha256(content)}`;
  const answer = await request("POST", url, { as, body: content });
  assert.equal(answer.status, 200, answer.text);
  return url;
}

const remove = async (as: TestIdentity, url: string): Promise<number> =>
  (await request("DELETE", url, { as })).status;
const stands = async (url: string): Promise<boolean> =>
  (await request("HEAD", url, { as: NODE1 })).status === 200;

Deno.test("a_lock_is_removed_by_who_created_it_and_by_nodes", async (t) => {
  await using here = await world();
  await t.step("a module removes its own", async () => {
    assert.equal(await remove(DOKUWIKI1, await lockBy(DOKUWIKI1)), 200);
  });
  await t.step("a reader removes its own, in a granted repository", async () => {
    const lock = await lockBy(DOKUWIKI2);
    assert.equal(await remove(DOKUWIKI2, lock), 200);
    assert.equal(await remove(DOKUWIKI2, lock), 404, "its answer was lost, and it asks again");
  });
  await t.step("a module removes neither a node's nor a reader's in its own repository", async () => {
    for (const creator of [NODE1, DOKUWIKI2]) {
      const lock = await lockBy(creator);
      const answer = await request("DELETE", lock, { as: DOKUWIKI1 });
      assert.equal(answer.status, 403);
      assert.match(answer.text, /not made by this module/);
      assert.ok(await stands(lock));
      assert.equal(await remove(NODE1, lock), 200);
    }
  });
  await t.step("a reader removes nobody else's", async () => {
    for (const creator of [NODE1, DOKUWIKI1]) {
      const lock = await lockBy(creator);
      assert.equal(await remove(DOKUWIKI2, lock), 403);
      assert.ok(await stands(lock));
    }
  });
  await t.step("one of unknown origin is removed by the repository's owner only", async () => {
    const content = "from before there was a gateway";
    const lock = `${repository}/locks/${sha256(content)}`;
    const path = `${here.folder}/locks/${sha256(content)}`;
    await Deno.writeTextFile(path, content);
    await Deno.chown(path, 4694, 4694);
    assert.equal(await remove(DOKUWIKI2, lock), 403);
    assert.equal(await remove(DOKUWIKI1, lock), 200);
  });
  await t.step("to upload it once more makes it nobody else's", async () => {
    const lock = await lockBy(NODE1, "of the node");
    for (const as of [DOKUWIKI1, DOKUWIKI2]) {
      assert.equal((await request("POST", lock, { as, body: "of the node" })).status, 200);
      assert.equal(await remove(as, lock), 403);
    }
  });
  await t.step("a kill of the gateway changes nothing of it", async () => {
    const nodes = await lockBy(NODE1);
    const own = await lockBy(DOKUWIKI1);
    await here.again();
    assert.equal(await remove(DOKUWIKI1, nodes), 403);
    assert.equal(await remove(DOKUWIKI1, own), 200);
  });
  await t.step("one of a module that is no more is of unknown origin", async () => {
    const gone: TestIdentity = { ...DOKUWIKI1, name: "module/dokuwiki7", secret: "secret-of-dokuwiki7" };
    await here.redis.client.sAdd("cluster/acls", aclLine(gone));
    await here.redis.client.hSet("cluster/module_uuid", "dokuwiki7", gone.uuid);
    const lock = await lockBy(gone);
    assert.equal(await remove(DOKUWIKI1, lock), 403);
    await here.redis.client.sRem("cluster/acls", aclLine(gone));
    await eventually("it is anybody's", async () => await remove(DOKUWIKI1, lock) === 200);
    await here.redis.client.hDel("cluster/module_uuid", "dokuwiki7");
  });
  await t.step("explain says whose it is", async () => {
    const lock = await lockBy(NODE1);
    const { pathname } = new URL(lock);
    const ended = await rclonegwctl(["explain", DOKUWIKI1.name, "DELETE", pathname, "--accept", "rest"]);
    assert.equal(ended.code, 1, ended.stderr);
    assert.match(ended.stdout, /lock created by +node\/1/);
    assert.match(ended.stdout, /403: lock-not-own/);
  });
});

Deno.test("locks_of_a_grantee_go_with_its_grant_and_no_others", async () => {
  await using here = await world();
  const [readers, own, nodes] = [await lockBy(DOKUWIKI2), await lockBy(DOKUWIKI1), await lockBy(NODE1)];
  await here.again();
  assert.ok(await stands(readers));
  await here.redis.client.hDel("private/nodes/restore_uuid", DOKUWIKI2.uuid);
  await eventually("the reader's lock is gone", async () => !await stands(readers), 20_000);
  assert.deepEqual([await stands(own), await stands(nodes)], [true, true]);
  assert.match(await here.gateway().logs(), /removed module\/dokuwiki2's lock .*restore grant that is gone/);
});

Deno.test("the_locks_of_a_module_are_bounded_in_size_and_number", async (t) => {
  await using _here = await world();
  const post = async (as: TestIdentity, content: string): Promise<{ status: number; text: string }> =>
    await request("POST", `${repository}/locks/${sha256(content)}`, { as, body: content });
  await t.step("in size", async () => {
    assert.equal((await post(DOKUWIKI1, "x".repeat(8192))).status, 200);
    const large = await post(DOKUWIKI1, "x".repeat(8193));
    assert.equal(large.status, 403);
    assert.match(large.text, /at most 8192 bytes/);
    assert.equal((await post(NODE1, "x".repeat(8193))).status, 200);
  });
  await t.step("without a length none is taken", async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: 4694 });
    const path = new URL(`${repository}/locks/${sha256("chunked")}`).pathname;
    await connection.write(new TextEncoder().encode(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAccept: ${REST}\r\nAuthorization: ${basic(DOKUWIKI1)}\r\n` +
        "Transfer-Encoding: chunked\r\n\r\n7\r\nchunked\r\n0\r\n\r\n",
    ));
    const answer = new Uint8Array(1000);
    const read = await connection.read(answer);
    assert.match(new TextDecoder().decode(answer.subarray(0, read ?? 0)), /^HTTP\/1.1 403 /);
  });
  await t.step("in number, each for itself", async () => {
    // One stands already.
    const locks: string[] = [];
    for (let index = 1; index < 256; index++) locks.push(await lockBy(DOKUWIKI1));
    const full = await post(DOKUWIKI1, "one too many");
    assert.equal(full.status, 403);
    assert.match(full.text, /module\/dokuwiki1 has 256 locks in this repository/);
    await lockBy(DOKUWIKI2);
    await lockBy(NODE1);
    assert.equal(await remove(DOKUWIKI1, locks[0] ?? ""), 200);
    assert.equal((await post(DOKUWIKI1, "one too many")).status, 200);
  });
});

Deno.test("uploads_that_stall_take_no_more_than_their_modules_share", async () => {
  await using _here = await world();
  const connections: Deno.TcpConn[] = [];
  const path = new URL(`${repository}/data/${sha256("stalled")}`).pathname;
  const head =
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAccept: ${REST}\r\nAuthorization: ${basic(DOKUWIKI1)}\r\n` +
    "Content-Length: 5\r\n\r\nx";
  try {
    for (let index = 0; index < 600; index++) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: 4694 });
      connections.push(connection);
      await connection.write(new TextEncoder().encode(head));
    }
    // They are written, and may not have been read yet.
    await eventually("its share is used up", async () => {
      const own = await request("GET", `${repository}/data/`, { as: DOKUWIKI1 });
      return own.status === 503 && /too many requests of this module to this destination/.test(own.text);
    });
    await lockBy(DOKUWIKI2);
    await lockBy(NODE1);
  } finally {
    for (const connection of connections) connection.close();
  }
});

Deno.test("while_a_nodes_prune_is_known_to_run_a_modules_writes_get_503", async (t) => {
  await using _here = await world();
  let objects = 0;
  const adds = async (type: string): Promise<number> => {
    const content = `${type} ${++objects}`;
    const url = `${repository}/${type}/${sha256(content)}`;
    return (await request("POST", url, { as: DOKUWIKI1, body: content })).status;
  };
  const index = "an old index";
  const old = `${repository}/index/${sha256(index)}`;
  assert.equal((await request("POST", old, { as: DOKUWIKI1, body: index })).status, 200);
  const lock = await lockBy(NODE1);
  await t.step("not before the node removes something", async () => assert.equal(await adds("data"), 200));
  assert.equal(await remove(NODE1, old), 200);
  await t.step("then, for everything but locks", async () => {
    for (const type of ["data", "index", "snapshots", "keys"]) assert.equal(await adds(type), 503, type);
    assert.equal(await adds("locks"), 200);
    const url = `${repository}/data/${sha256("x")}`;
    const answer = await request("POST", url, { as: DOKUWIKI1, body: "x" });
    assert.match(answer.text, /pruning this repository; try again/);
    assert.ok(answer.headers.has("retry-after"));
  });
  await t.step("the node, another repository and reads go on", async () => {
    const url = `${repository}/data/${sha256("of the node")}`;
    assert.equal((await request("POST", url, { as: NODE1, body: "of the node" })).status, 200);
    assert.equal((await request("GET", url, { as: DOKUWIKI1 })).status, 200);
    const other = `${repositoryUrl(DOKUWIKI2)}/data/${sha256("y")}`;
    await request("POST", `${repositoryUrl(DOKUWIKI2)}/?create=true`, { as: DOKUWIKI2, rest: false });
    assert.equal((await request("POST", other, { as: DOKUWIKI2, body: "y" })).status, 200);
  });
  await t.step("until its lock is gone", async () => {
    assert.equal(await remove(NODE1, lock), 200);
    assert.equal(await adds("data"), 200);
  });
});

Deno.test("a_restore_with_a_grant_locks_and_unlocks_what_it_reads", async () => {
  await using here = await world();
  await Deno.remove(here.folder, { recursive: true });
  await resticOk(["init"], { as: DOKUWIKI1 });
  await resticOk(["backup", "/etc/hostname"], { as: DOKUWIKI1 });
  const reader = { as: DOKUWIKI2, repositoryOf: DOKUWIKI1 };
  const said = await resticOk(["restore", "latest", "--target", "/tmp/x"], reader);
  // As a word: a time of day holds any three digits sooner or later.
  assert.doesNotMatch(said, /unable to|\b403\b|error/i);
  assert.deepEqual([...Deno.readDirSync(`${here.folder}/locks`)], [], "no lock is left behind");
});
