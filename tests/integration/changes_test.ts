// slow
import assert from "node:assert/strict";
import { aclLine, basic, fillCluster, NODE1, repositoryUrl, type TestIdentity } from "./harness/cluster.ts";
import { announce, storeDestination } from "./harness/destinations.ts";
import { eventually } from "./harness/eventually.ts";
import { GATEWAY, HEALTH, startGateway } from "./harness/gateway.ts";
import { type Container, makeFolder, run } from "./harness/podman.ts";
import { makePool } from "./harness/pool.ts";
import { startRedis } from "./harness/redis.ts";
import { request, REST } from "./harness/request.ts";
import { restic, resticOk } from "./harness/restic.ts";
import { seeded } from "./harness/seeded.ts";
import { configuration } from "./harness/storage/rclone.ts";
import { startS3 } from "./harness/storage/s3.ts";
import { startSftp } from "./harness/storage/sftp.ts";
import { makeTree } from "./harness/tree.ts";

const DESTINATIONS = 20;
const CHANGES = 200;
/** One change each, or less often where the machine is slow. */
const CHANGE_EVERY_MS = 500;
/** One in so many is published by nobody. */
const LOST = 0.25;
const BACKUP_BYTES = 320_000_000;
/**
 * KiB/s: the backups take almost twice as long as the changes. Small packs, since each reload leaves a worker behind until its
 * uploads have ended, and those make the next reloads wait.
 */
const SLOW = ["--limit-upload", "1700", "--pack-size", "4"];
/** A comparison every 30 s, and old workers that make the next reload wait. */
const SETTLED_WITHIN_MS = 180_000;

const MODULES = [1, 2, 3, 4].map((number): TestIdentity => ({
  name: `module/nextcloud${number}`,
  secret: `secret-of-nextcloud${number}-Hs6`,
  uuid: `f000000${number}-0000-4000-8000-000000000001`,
}));

Deno.test("200_adds_alters_and_removes_while_4_backups_run_harm_none", async (t) => {
  const random = seeded();
  await using redis = await startRedis();
  await fillCluster(redis.client);
  for (const module of MODULES) {
    await redis.client.sAdd("cluster/acls", aclLine(module));
    await redis.client.hSet("cluster/module_uuid", module.name.slice("module/".length), module.uuid);
  }
  await using s3 = await startS3();
  await using sftp = await startSftp();
  using disk = makeFolder();
  const pool = makePool(redis.client, disk.path, "/disk", DESTINATIONS);
  const remotes = [
    { section: await configuration(s3), basepath: s3.path },
    { section: await configuration(sftp), basepath: sftp.path },
    { section: "[local]\ntype = local\n", basepath: "/disk/third" },
    { section: "[local]\ntype = local\n", basepath: "/disk/fourth" },
  ];
  const backups = MODULES.map((as, index) => ({
    as,
    destination: `5a1c2d3e-0000-4000-8000-00000000020${index}`,
  }));
  for (const [index, { destination }] of backups.entries()) {
    const { section = "", basepath = "" } = remotes[index] ?? {};
    await storeDestination(redis.client, { id: destination, name: `backup ${index}`, section, basepath });
  }
  for (const folder of ["third", "fourth"]) Deno.mkdirSync(`${disk.path}/${folder}`);
  await run("chown", ["-R", "4694:4694", disk.path]);
  using tree = makeFolder();
  makeTree(tree.path, 200, BACKUP_BYTES);
  await using gateway = await startGateway({ args: ["--volume", `${disk.path}:/disk`] });
  for (const backup of backups) await resticOk(["init"], backup);

  const running = backups.map((backup) => ({ ended: false, result: backUp(backup, tree.path) }));
  for (const backup of running) void backup.result.then(() => backup.ended = true);
  await eventually(
    "all four upload",
    async () => (await uploaded(backups)).every((objects) => objects >= 2),
    60_000,
  );

  const probe = startProbe(backups);
  const wrong: string[] = [];
  const uses: Promise<void>[] = [];
  const seen = { most: 0, workers: 0 };
  const counts: Record<string, number> = {};
  const began = performance.now();
  for (let change = 0; change < CHANGES; change++) {
    const { id, what } = await pool.change(random);
    counts[what] = (counts[what] ?? 0) + 1;
    if (random.chance(LOST)) counts["lost"] = (counts["lost"] ?? 0) + 1;
    else await announce(redis.client, id);
    if (random.chance(0.6)) uses.push(use(random.pick(pool.ids), random.chance(0.5), change, wrong));
    if (change % 10 === 0) {
      const { haproxy, rclone } = await processes(gateway);
      seen.most = Math.max(seen.most, rclone.length);
      seen.workers = Math.max(seen.workers, haproxy - 1);
    }
    const due = began + (change + random.next()) * CHANGE_EVERY_MS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
  }
  await Promise.all(uses);
  const seconds = Math.round((performance.now() - began) / 1000);
  const lasted = running.every(({ ended }) => !ended);
  const results = await Promise.all(running.map(({ result }) => result));
  const probed = await probe.stop();
  console.log({
    seconds,
    ...counts,
    uses: uses.length,
    probed: probed.asked,
    ...seen,
    reloads: await reloads(gateway),
  });

  await t.step("every backup lasted through all changes and exits 0", () => {
    assert.deepEqual(results.map(({ code, stderr }) => [code, stderr]), results.map(() => [0, ""]));
    assert.ok(lasted, "a backup had ended before the last change: make it larger");
  });
  await t.step("what was asked of their destinations meanwhile was answered, each time", () => {
    assert.deepEqual(probed.wrong, []);
  });
  await t.step(
    "a destination in the middle of its changes is served, not known, or not served for now",
    () => {
      assert.deepEqual(wrong, []);
    },
  );
  await t.step("the gateway comes to agree with Redis", async () => {
    await eventually("they agree", async () => {
      const { configuration, destinations } = await status();
      const named = new Map(destinations.map(({ id, name }) => [id, name]));
      return configuration === undefined &&
        [...pool.existing()].every(([id, name]) => named.get(id) === name);
    }, SETTLED_WITHIN_MS);
    assert.deepEqual(await pool.disagreements(), []);
  });
  await t.step("and so it does with changes that nobody has announced", async () => {
    for (let change = 0; change < 3; change++) await pool.change(random);
    let last: string[] = [];
    await eventually("they agree", async () => {
      last = await pool.disagreements();
      return last.length === 0;
    }, SETTLED_WITHIN_MS).catch((error) => assert.fail(`${error.message}: ${last.join("; ")}`));
  });
  await t.step("the processes are what they should be", async () => {
    const existing = [...pool.existing().keys(), ...backups.map(({ destination }) => destination)].sort();
    let last: unknown;
    await eventually(
      "one master, one worker, and one rclone for each destination that was used",
      async () => {
        const { haproxy, rclone } = await processes(gateway);
        last = { haproxy, rclone, existing };
        return haproxy === 2 && rclone.join() === existing.join();
      },
      SETTLED_WITHIN_MS,
    ).catch((error) => assert.fail(`${error.message}: ${JSON.stringify(last)}`));
  });
  await t.step("the status shows no problem", async () => {
    const { authorization, redis, configuration, destinations } = await status();
    assert.deepEqual([authorization.state, redis.state, configuration], ["deciding", "connected", undefined]);
    const bad = destinations.filter(({ state }) => state === "failing" || state === "not-served");
    assert.deepEqual(bad, []);
    assert.equal(destinations.length, pool.existing().size + backups.length + 1);
  });
  await t.step("what was backed up is whole", async () => {
    for (const backup of backups) {
      assert.match(await resticOk(["check", "--read-data"], backup), /no errors were found/);
    }
  });
});

type Backup = { readonly as: TestIdentity; readonly destination: string };

function backUp(backup: Backup, folder: string): ReturnType<typeof restic> {
  const folders = { [folder]: "/data:ro" };
  return restic(["backup", "--quiet", "/data", ...SLOW], { ...backup, folders, timeoutMs: 900_000 });
}

/** How many objects each has in its `data`. */
async function uploaded(backups: readonly Backup[]): Promise<number[]> {
  return await Promise.all(backups.map(async ({ as, destination }) => {
    const list = await request("GET", `${repositoryUrl(as, destination)}/data/`, { as: NODE1 });
    return JSON.parse(list.text).length;
  }));
}

/** Uses a destination of which nobody knows at the moment whether it exists; notes an answer that is never right. */
async function use(id: string, write: boolean, number: number, wrong: string[]): Promise<void> {
  const file = write ? `written-${number}` : "where";
  const { status, headers, text } = await request(write ? "PUT" : "GET", `${GATEWAY}/${id}/${file}`, {
    as: NODE1,
    rest: false,
    ...write ? { body: `${number}` } : {},
  });
  const right = write ? status === 201 : status === 200 && text.startsWith(`${id} `);
  const unknown = status === 403 && text.includes("is not known");
  const later = status === 503 && headers.has("retry-after");
  if (!right && !unknown && !later) wrong.push(`${id}/${file}: ${status} ${text}`);
}

/** Asks for each repository's config all the time, over a new connection each time: a healthy destination always answers. */
function startProbe(backups: readonly Backup[]): { stop(): Promise<{ asked: number; wrong: string[] }> } {
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const wrong: string[] = [];
  let asked = 0;
  let stopped = false;
  const asking = Promise.all(backups.map(async ({ as, destination }) => {
    while (!stopped) {
      try {
        const answer = await fetch(`${repositoryUrl(as, destination)}/config`, {
          client,
          headers: { authorization: basic(NODE1), accept: REST },
          signal: AbortSignal.timeout(60_000),
        });
        const { byteLength } = await answer.arrayBuffer();
        if (answer.status !== 200 || byteLength === 0) wrong.push(`${destination}: ${answer.status}`);
      } catch (error) {
        wrong.push(`${destination}: ${(error as Error).message}`);
      }
      asked++;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }));
  return {
    async stop() {
      stopped = true;
      await asking;
      client.close();
      return { asked, wrong };
    },
  };
}

/** How many of HAProxy's there are, and the destinations of rclone's, sorted. */
async function processes(gateway: Container): Promise<{ haproxy: number; rclone: string[] }> {
  const all = (await gateway.processes()).map(({ command }) => command);
  const rclone = all.map((command) =>
    /^rclone rcd .*\/([0-9a-f-]{36})\.[^/]*\/control\.sock$/.exec(command)?.[1]
  );
  return {
    haproxy: all.filter((command) => /^haproxy /.test(command)).length,
    rclone: rclone.filter((id) => id !== undefined).sort(),
  };
}

async function reloads(gateway: Container): Promise<number> {
  return (await gateway.logs()).split("HAProxy reloaded").length - 1;
}

async function status(): Promise<{
  authorization: { state: string };
  redis: { state: string };
  configuration?: string;
  destinations: { id: string; name: string; state: string }[];
}> {
  return await (await fetch(`${HEALTH}/status`)).json();
}
