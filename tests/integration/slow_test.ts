// slow
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { DESTINATION, DOKUWIKI1 as as, fillCluster, repositoryUrl, sha256 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { pacedUpload } from "./harness/paced_upload.ts";
import { type Container, makeFolder, makeVolume } from "./harness/podman.ts";
import { startRedis, type TestRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { resticOk } from "./harness/restic.ts";
import type { Address, Place } from "./harness/storage/place.ts";
import { at, rcloneOk } from "./harness/storage/rclone.ts";
import { startS3 } from "./harness/storage/s3.ts";
import type { Storage } from "./harness/storage/server.ts";
import { startSilent } from "./harness/storage/silent.ts";
import { startSlow } from "./harness/storage/slow.ts";
import { makeTree, randomBytes } from "./harness/tree.ts";

const MINUTE = 60_000;
/** Less than the five minutes after which restic gives a request without progress up. */
const DELAY_MS = 4 * MINUTE;
/** Longer than any limit on the way: who waits this long gets the gateway's own answer. */
const PATIENCE_MS = 16 * MINUTE;
/** Destinations of their own, so that what one case does to its storage is no other's. */
const [LIST, END, PACED, LOOKUP, FIRST, EACH, SILENT] = [
  "5a1c2d3e-0000-4000-8000-0000000005a1",
  "5a1c2d3e-0000-4000-8000-0000000005a2",
  "5a1c2d3e-0000-4000-8000-0000000005a3",
  "5a1c2d3e-0000-4000-8000-0000000005a4",
  "5a1c2d3e-0000-4000-8000-0000000005a5",
  "5a1c2d3e-0000-4000-8000-0000000005a6",
  "5a1c2d3e-0000-4000-8000-0000000005a7",
] as const;

Deno.test("what_is_slow_is_not_cut", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using storage = await startS3();
  await using list = startSlow(storage);
  await using end = startSlow(storage);
  await using lookup = startSlow(storage);
  await using first = startSlow(storage, { firstByteMs: DELAY_MS });
  await using each = startSlow(storage, { firstByteMs: 10_000 });
  await using silent = startSilent();
  const ways: [id: string, way: Address][] = [
    [LIST, list],
    [END, end],
    [PACED, storage],
    [LOOKUP, lookup],
    [FIRST, first],
    [EACH, each],
  ];
  for (const [id, way] of ways) await addDestination(redis, id, storage.at(way), `/${id}`);
  // A bucket and nothing below it: then rclone asks nothing when it starts, and it is requests that stay without answer.
  await addDestination(redis, SILENT, storage.at(silent), "");
  await using volume = await makeVolume("srv");
  await using gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });

  await sideBySide(t, {
    "a list whose first byte takes four minutes": async () => {
      const contents = Array.from({ length: 20 }, (_, number) => `object ${number}`);
      const stored = contents.map((content) => post(LIST, `data/${sha256(content)}`, content));
      deepEqual(new Set(await Promise.all(stored)), new Set([200]));
      list.delays.firstByteMs = DELAY_MS;
      const { status, text } = await slowly(() => get(LIST, "data/"));
      equal(status, 200, text);
      const names: string[] = JSON.parse(text).map(({ name }: { name: string }) => name);
      deepEqual(names.sort(), contents.map(sha256).sort());
    },
    "an upload whose end takes four minutes": async () => {
      const pack = randomBytes(1_000_000);
      end.delays.uploadEndMs = DELAY_MS;
      equal(await slowly(() => post(END, `data/${sha256(pack)}`, pack)), 200);
      await isStored(storage, END, pack);
    },
    "a client that uploads for ten minutes, to a disk and to S3": async () => {
      const body = randomBytes(30_000_000);
      const name = sha256(body);
      const statuses = [DESTINATION, PACED].map((destination) =>
        pacedUpload(`${repositoryUrl(as, destination)}/data/${name}`, { as, body, bytesPerSecond: 50_000 })
      );
      deepEqual(await Promise.all(statuses), [200, 200]);
      await isStored(storage, PACED, body);
      const file = `${await volume.path()}/dokuwiki/${as.uuid}/data/${name.slice(0, 2)}/${name}`;
      equal(sha256(await Deno.readFile(file)), name);
    },
    "a client that uploads for hours, as far as rclone says what it allows": async () => {
      equal(await post(DESTINATION, `data/${sha256("hours")}`, "hours"), 200);
      const [server] = await servers(gateway, DESTINATION);
      deepEqual([server?.params.server_read_timeout, server?.params.server_write_timeout], ["6h", "6h"]);
    },
    "what is looked up before its upload, where that takes four minutes": async () => {
      equal(await post(LOOKUP, `data/${sha256("before")}`, "before"), 200);
      lookup.delays.firstByteMs = DELAY_MS;
      const types = ["keys", "snapshots", "index", "locks"];
      const objects = ["config", ...types.map((type) => `${type}/${sha256(type)}`)];
      const statuses = objects.map((object) =>
        slowly(() => post(LOOKUP, object, object.split("/", 1)[0] ?? ""))
      );
      await eventually("all are looked up", () => lookup.held === objects.length);
      // What follows the lookups is quick: all of it together has to be within a client's five minutes.
      lookup.delays.firstByteMs = 0;
      deepEqual(await Promise.all(statuses), objects.map(() => 200));
    },
    "a first use for which rclone needs four minutes: 503 until then": async () => {
      const statuses: number[] = [];
      while (statuses.length < 20 && (statuses.at(-1) ?? 503) === 503) {
        statuses.push(await post(FIRST, `data/${sha256("first")}`, "first"));
        // The start goes on by itself, at its own pace; what comes after it is another case's matter.
        first.delays.firstByteMs = 0;
        await new Promise((resolve) => setTimeout(resolve, 5000));
      }
      ok(statuses.length > 1, "it was not slow");
      equal(statuses.at(-1), 200, String(statuses));
    },
    "a real backup, each answer after 10 s": async () => {
      using tree = makeFolder();
      makeTree(tree.path, 20, 1_000_000);
      const options = { as, destination: EACH, folders: { [tree.path]: "/data:ro" }, timeoutMs: PATIENCE_MS };
      await resticOk(["init"], options);
      match(await resticOk(["backup", "/data"], options), /snapshot [0-9a-f]{8} saved/);
    },
    // Whatever else is asked of it is told 504 by `timeout server`, after fifteen minutes: longer than all this takes.
    "a lookup that is never answered: 503 in the end": async () => {
      equal(await post(SILENT, `index/${sha256("silent")}`, "silent"), 503);
      ok(silent.connections > 0);
    },
  });
});

/** All at once, since each of them waits for minutes. */
async function sideBySide(t: Deno.TestContext, cases: Readonly<Record<string, () => Promise<void>>>) {
  // Deno's looks for leaks would take one case's connections for another's.
  const shared = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  await Promise.all(Object.entries(cases).map(([name, fn]) => t.step({ name, fn, ...shared })));
}

async function addDestination(redis: TestRedis, id: string, place: Place, below: string): Promise<void> {
  const section = [`[${id}]`, ...place.parameters.map(([key, value]) => `${key} = ${value}`), ""].join("\n");
  await redis.client.hSet("private/nodes/backup_destination/rclone_conf", id, section);
  const facts = { name: id, provider: "rclone", basepath: place.path + below };
  await redis.client.hSet(`cluster/backup_repository/${id}`, facts);
}

function get(destination: string, path: string): Promise<{ status: number; text: string }> {
  return request("GET", `${repositoryUrl(as, destination)}/${path}`, { as, timeoutMs: PATIENCE_MS });
}

async function post(destination: string, path: string, body: BodyInit): Promise<number> {
  const url = `${repositoryUrl(as, destination)}/${path}`;
  return (await request("POST", url, { as, body, timeoutMs: PATIENCE_MS })).status;
}

/** What is asked, and that it took as long as the storage did: otherwise nothing was shown. */
async function slowly<T>(ask: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const answer = await ask();
  const took = performance.now() - began;
  // A little less: two clocks.
  ok(took > DELAY_MS - 1000, `it took ${took} ms only, and the answer was ${JSON.stringify(answer)}`);
  return answer;
}

/** What a destination's rclone says of its servers. */
async function servers(gateway: Container, destination: string) {
  const [first] = await gateway.processes();
  const folder = `/proc/${first?.pid}/root/run/gateway/rclone`;
  const instance = [...Deno.readDirSync(folder)].find(({ name }) => name.startsWith(destination))?.name;
  const path = `${folder}/${instance}/control.sock`;
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch("http://rclone/serve/list", { client, method: "POST", signal });
  const { list }: { list: { params: Record<string, string> }[] } = await response.json();
  return list;
}

/** Read from the storage itself, past the gateway. */
async function isStored(storage: Storage, destination: string, pack: Uint8Array): Promise<void> {
  const name = sha256(pack);
  const object = at(storage, `${destination}/dokuwiki/${as.uuid}/data/${name.slice(0, 2)}/${name}`);
  const printed = await rcloneOk(storage, ["hashsum", "sha256", "--download", object]);
  ok(printed.startsWith(`${name} `), printed);
}
