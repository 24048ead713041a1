import assert from "node:assert/strict";
import type { SnapshotRecord } from "../../backup/records.ts";
import { parsePolicy, type Policy } from "../../backup/retention/policy.ts";
import { retain, type Retained } from "../../backup/retention/retain.ts";
import { release } from "../../backup/retention/facts.ts";
import { accessOf } from "./harness/access.ts";
import { DOKUWIKI1, fillCluster, NODE1, repositoryUrl, sha256 } from "./harness/cluster.ts";
import { startGateway } from "./harness/gateway.ts";
import { inRepository, makeSnapshots, records, snapshots } from "./harness/many_snapshots.ts";
import { makeVolume } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";

const DAY = 86_400;
const REPOSITORY = `dokuwiki/${DOKUWIKI1.uuid}`;

Deno.test("an_application_that_adds_empty_snapshots_displaces_no_good_one", async (test) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using volume = await makeVolume("srv");
  await using cache = await makeVolume("cache");
  await using _gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });
  const at = { volume: volume.name, repository: REPOSITORY, host: DOKUWIKI1.uuid };
  const now = Math.floor(Date.now() / 1000);
  const days = (count: number): number[] =>
    Array.from({ length: count }, (_, number) => now - number * DAY - 60);
  await makeSnapshots(days(12).map((time) => ({ time, holds: "good" })), at);
  const good = records(await snapshots(at));
  let facts: Record<string, string> = {};
  const run = async (words: string, records: readonly SnapshotRecord[], later = 0): Promise<Retained> => {
    const retained = await retain({
      access: accessOf(NODE1, DOKUWIKI1),
      cache: cache.name,
      policy: policy(words),
      minimumAge: 3 * DAY,
      pruneEvery: 7 * DAY,
      records,
      now: now + later,
      facts,
    });
    facts = { ...facts, ...retained.facts };
    return retained;
  };
  const there = async (wanted: readonly SnapshotRecord[]): Promise<void> => {
    const left = new Set((await snapshots(at)).map(({ id }) => id));
    for (const { id } of wanted) assert.ok(left.has(id), `${id} is gone`);
  };
  let kept = good;

  await test.step("before: nothing to forget, and a first prune", async () => {
    const { retention, prune, forgotten, unrecorded } = await run("keep-last=12", good);
    assert.deepEqual([retention, prune, forgotten, unrecorded], [DONE, DONE, [], []]);
    assert.equal(facts["pruned"], String(now));
  });
  await test.step("100 of them, some dated a year ahead, some a year back", async () => {
    const offsets = [365 * DAY, -365 * DAY, 0];
    const times = Array.from({ length: 100 }, (_, number) => now + (offsets[number % 3] ?? 0) - number * 60);
    await makeSnapshots(times.map((time) => ({ time, holds: "empty" })), at);
    const { retention, prune, forgotten, unrecorded } = await run("keep-last=12", good, 60);
    assert.deepEqual([retention, forgotten, unrecorded.length], [DONE, [], 100]);
    assert.deepEqual(prune?.kind, "held");
    assert.match(facts["held"] ?? "", /^100 instead of 0 snapshots that no node has recorded/);
    await there(good);
  });
  await test.step("the policy is applied to the good ones alone, and without a prune", async () => {
    const { retention, prune, forgotten } = await run("keep-last=7", good, 120);
    kept = good.slice(0, 7);
    assert.deepEqual([retention, prune?.kind], [DONE, "held"]);
    assert.deepEqual([...forgotten].sort(), good.slice(7).map(({ id }) => id).sort());
    assert.equal((await snapshots(at)).length, 107);
    await there(kept);
  });
  await test.step("an operator's word lets pruning go on", async () => {
    facts = { ...facts, ...release(now + 130) };
    const { retention, prune } = await run("keep-last=7", kept, 8 * DAY);
    assert.deepEqual([retention, prune, facts["held"]], [DONE, DONE, ""]);
    await there(kept);
  });
  await test.step("what is no snapshot at all keeps nothing from being forgotten, and a prune fails over it", async () => {
    const none = "written by a compromised application";
    const url = `${repositoryUrl(DOKUWIKI1)}/snapshots/${sha256(none)}`;
    assert.equal((await request("POST", url, { as: DOKUWIKI1, body: none })).status, 200);
    const [oldest] = kept.slice(-1);
    kept = kept.slice(0, 6);
    const { retention, prune, forgotten, unrecorded } = await run("keep-last=6", [
      ...kept,
      ...(oldest ? [oldest] : []),
    ], 16 * DAY);
    assert.deepEqual([retention, forgotten, unrecorded.length], [DONE, [oldest?.id], 101]);
    assert.match(prune?.kind === "failed" ? prune.because : "", /^Cannot prune: restic ended with 1: .*load/);
    assert.equal((await request("DELETE", url, { as: NODE1 })).status, 200);
    await there(kept);
  });
  await test.step("one a day, for a year, recorded by nobody", async () => {
    await makeSnapshots(days(366).map((time) => ({ time: time + 366 * DAY, holds: "empty" })), at);
    const { retention, forgotten, unrecorded } = await run("keep-last=7", kept, 366 * DAY);
    assert.deepEqual([retention, forgotten, unrecorded.length], [DONE, [], 466]);
    await there(kept);
  });
  await test.step("and recorded by a node, since each backup went well", async () => {
    const known = new Set(good.map(({ id }) => id));
    const empty = records((await snapshots(at)).filter(({ id }) => !known.has(id))).map((record, number) => ({
      ...record,
      seen: now + (367 + number) * DAY,
      bytes: 0,
      files: 0,
      added: 0,
    }));
    for (const words of ["keep-last=7", "keep-daily=7", "keep-within=30d"]) {
      const { retention, prune, forgotten } = await run(words, [...kept, ...empty], 834 * DAY);
      assert.deepEqual([retention.kind, prune?.kind, forgotten], ["held", "held", []]);
    }
    assert.match(facts["held"] ?? "", /^466 snapshots hold far less than before/);
    await there(kept);
  });
  await test.step("what is gone without a run of ours is missed, and nothing else goes", async () => {
    const [first] = kept;
    await inRepository(`restic forget --quiet --no-cache ${first?.id}`, at);
    facts = { ...facts, ...release(now + 835 * DAY - 1) };
    facts["looked"] = String(now + 835 * DAY);
    const { retention, prune, forgotten } = await run("keep-last=2", kept, 836 * DAY);
    assert.deepEqual([retention.kind, prune?.kind, forgotten], ["held", "held", []]);
    assert.match(facts["held"] ?? "", /^1 recorded snapshots are missing/);
    await there(kept.slice(1));
  });
});

const DONE = { kind: "done" };

function policy(words: string): Policy {
  const parsed = parsePolicy(words);
  if ("problems" in parsed) throw new Error(parsed.problems.join("; "));
  return parsed;
}
