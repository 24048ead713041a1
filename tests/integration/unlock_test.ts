import assert from "node:assert/strict";
import { unlock } from "../../backup/locks/unlock.ts";
import { list } from "../../backup/restic/list.ts";
import { restic, RESTIC_EXIT } from "../../backup/restic/restic.ts";
import { NOTHING } from "../../backup/retention/policy.ts";
import { removing, retain } from "../../backup/retention/retain.ts";
import { accessOf } from "./harness/access.ts";
import { DOKUWIKI1, fillCluster, NODE1, repositoryUrl, sha256 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { makeFolder, makeVolume, podman, uniqueName } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { resticOk } from "./harness/restic.ts";
import { makeTree } from "./harness/tree.ts";

const DONE = { kind: "done" };
const KILLED = 137;

Deno.test("a_lock_left_behind_goes_with_the_next_unlock_and_others_stay", async (test) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using volume = await makeVolume("srv");
  await using cache = await makeVolume("cache");
  await using _gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });
  using tree = makeFolder();
  makeTree(tree.path, 20, 400_000);
  const module = { as: DOKUWIKI1, folders: { [tree.path]: "/data:ro" } };
  await resticOk(["init"], module);
  for (const _ of [1, 2, 3]) await resticOk(["backup", `--host=${DOKUWIKI1.uuid}`, "/data"], module);

  const node = { access: accessOf(NODE1, DOKUWIKI1), cache: cache.name };
  const ids = async (kind: "snapshots" | "locks"): Promise<string[]> => {
    const found = await list(node, kind);
    if ("because" in found) throw new Error(found.because);
    return [...found];
  };
  /** A backup by the module that gets as far as its lock, and is killed as by a power cut. */
  const killedBackup = async (
    name: string,
    named: { name: string } | { podman: string[] },
  ): Promise<void> => {
    const ended = restic({
      access: accessOf(DOKUWIKI1, DOKUWIKI1),
      args: ["backup", "--stdin-from-command", "--", "sleep", "120"],
      ...named,
    });
    await eventually("the lock is there", async () => (await ids("locks")).length > 0);
    await podman("kill", "--signal=KILL", name);
    assert.equal((await ended).code, KILLED);
  };

  await test.step("it keeps a node from forgetting", async () => {
    const name = uniqueName("module-backup");
    await killedBackup(name, { name });
    const [first = ""] = await ids("snapshots");
    assert.equal((await restic({ ...node, args: ["forget", first] })).code, RESTIC_EXIT.locked);
    assert.equal((await restic({ ...node, args: ["unlock"] })).code, 0);
    assert.equal((await ids("locks")).length, 1, "restic itself regards it as stale");
  });
  await test.step("while a run is alive somewhere it stays", async () => {
    const { verdict, oldestLock } = await unlock({ ...node, alive: true });
    assert.deepEqual(verdict, DONE);
    assert.ok(oldestLock > 0 && oldestLock < 300, String(oldestLock));
    assert.equal((await ids("locks")).length, 1);
  });
  await test.step("when none is, it goes", async () => {
    assert.deepEqual(await unlock({ ...node, alive: false }), { verdict: DONE, oldestLock: 0 });
    assert.deepEqual(await ids("locks"), []);
  });
  await test.step("and retention succeeds", async () => {
    const all = await ids("snapshots");
    const usual = { backup: "1", node: "1", bytes: 400_000, added: 100, files: 20 };
    const { retention, prune, forgotten } = await retain({
      ...node,
      policy: { ...NOTHING, last: 1 },
      minimumAge: 0,
      pruneEvery: 0,
      records: all.map((id, number) => ({ id, seen: 1000 + number, ...usual })),
      now: 2000,
      facts: {},
    });
    assert.deepEqual([retention, prune, forgotten.length], [DONE, DONE, 2]);
    assert.deepEqual(await ids("snapshots"), all.slice(2));
    assert.deepEqual(await ids("locks"), []);
  });
  /** A restic of a node's run that works for long, with the lock that lets nobody else in. */
  const slowCheck = async (): Promise<{ ended: ReturnType<typeof restic> }> => {
    const args = ["check", "--read-data", "--limit-download=1"];
    const ended = restic({ ...node, name: removing(cache.name), args });
    await eventually("the lock is there", async () => (await ids("locks")).length > 0);
    return { ended };
  };
  await test.step("so does that of a node's run that was killed, in which nobody else gets", async () => {
    const { ended } = await slowCheck();
    await podman("kill", "--signal=KILL", removing(cache.name));
    assert.equal((await ended).code, KILLED);
    assert.equal((await ids("locks")).length, 1);
    assert.deepEqual(await unlock({ ...node, alive: false }), { verdict: DONE, oldestLock: 0 });
    await resticOk(["backup", `--host=${DOKUWIKI1.uuid}`, "/data"], module);
  });
  await test.step("a container that goes on after its run was killed ends first", async () => {
    const { ended } = await slowCheck();
    assert.deepEqual(await unlock({ ...node, alive: false }), { verdict: DONE, oldestLock: 0 });
    assert.notEqual((await ended).code, 0);
    assert.deepEqual(await ids("locks"), []);
  });
  await test.step("what is no lock at all goes, too", async () => {
    const none = "written by a compromised application";
    const url = `${repositoryUrl(DOKUWIKI1)}/locks/${sha256(none)}`;
    assert.equal((await request("POST", url, { as: DOKUWIKI1, body: none })).status, 200);
    assert.deepEqual(await unlock({ ...node, alive: true }), { verdict: DONE, oldestLock: 0 });
    assert.deepEqual(await ids("locks"), [sha256(none)]);
    assert.deepEqual(await unlock({ ...node, alive: false }), { verdict: DONE, oldestLock: 0 });
    assert.deepEqual(await ids("locks"), []);
  });
  await test.step("somebody else's is left to restic's thirty minutes", async () => {
    const name = uniqueName("by-hand");
    await killedBackup(name, { podman: [`--name=${name}`] });
    const { verdict, oldestLock } = await unlock({ ...node, alive: false });
    assert.deepEqual(verdict, DONE);
    assert.ok(oldestLock > 0 && oldestLock < 300, String(oldestLock));
    assert.equal((await ids("locks")).length, 1);
  });
  await test.step("a gateway that refuses is a failure that says so", async () => {
    const wrong = { ...NODE1, secret: "wrong" };
    const { verdict } = await unlock({ access: accessOf(wrong, DOKUWIKI1), cache: cache.name, alive: false });
    assert.equal(verdict.kind, "failed");
    assert.match(
      "because" in verdict ? verdict.because : "",
      /^Cannot remove stale locks: restic ended with/,
    );
    assert.doesNotMatch(JSON.stringify(verdict), /restic-password|"wrong"/);
  });
});
