import { MAIL1 } from "../integration/harness/cluster.ts";
import { GATEWAY, HARDENED } from "../integration/harness/gateway.ts";
import { type Container, IMAGES, startContainer } from "../integration/harness/podman.ts";
import { eventually } from "../integration/harness/eventually.ts";
import { request } from "../integration/harness/request.ts";
import { type Bench, say } from "./bench.ts";
import { GATEWAY_ROOT } from "./candidates.ts";
import { addDestinations } from "./cluster_size.ts";
import { type Memory, memory, memoryByPart, settledMemory } from "./memory.ts";
import { makeObjects, OBJECTS_REPOSITORY } from "./objects.ts";
import type { Verdict } from "./results.ts";
import { load, transfer } from "./requests.ts";
import { summary } from "./statistics.ts";

const FURTHER = 4;
const UPLOADS = 64;
const WEBDAV_PORT = 4710;

/** Memory of a gateway that has just started: idle, with further destinations in use, and under many uploads at once. */
export async function freshMemory(bench: Bench): Promise<void> {
  const { gateway, work, store, toolbox, found } = bench;
  say("memory: idle, further destinations, 64 uploads");
  const idle = await settledMemory(gateway);
  keep(bench, "memory, idle with one destination", [idle.alone], "MiB", 140, await byPart(gateway, idle));

  // Uploads that last some seconds each, all at once: 64 × 1 MiB/s.
  const objects = makeObjects(`${work.path}/uploads`, UPLOADS, 4 << 20);
  const upload = transfer(toolbox, work, {
    direction: "upload",
    root: GATEWAY_ROOT,
    objects,
    clients: UPLOADS,
    rate: "1M",
  });
  const looks: Memory[] = [];
  let under = true;
  upload.finally(() => under = false).catch(() => {/* thrown below */});
  while (under && looks.length < 20) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (under) looks.push(await memory(gateway));
  }
  await upload;
  store.remove(objects);
  Deno.removeSync(`${work.path}/uploads`, { recursive: true });
  const most = Math.max(...looks.map(({ alone }) => alone));
  keep(bench, `memory, more under ${UPLOADS} uploads`, [(most / idle.alone - 1) * 100], "%", 10);

  // A storage behind a network protocol, as further destinations are: rclone's own WebDAV server.
  const before = await settledMemory(gateway, 2);
  Deno.mkdirSync(`${work.path}/further`);
  Deno.chownSync(`${work.path}/further`, 4694, 4694);
  await using _server: Container = await startContainer("further", IMAGES.gateway, [
    ...HARDENED,
    "--entrypoint=rclone",
    `--volume=${work.path}/further:/further`,
  ], ["serve", "webdav", `--addr=127.0.0.1:${WEBDAV_PORT}`, "/further"]);
  const { ids, forget } = await addDestinations(bench.redis, FURTHER, `http://127.0.0.1:${WEBDAV_PORT}`);
  const [object] = makeObjects(`${work.path}/one`, 1, 4096);
  if (object === undefined) throw new Error("Cannot use the further destinations: there is no object");
  const body = await Deno.readFile(object.file);
  for (const id of ids) {
    const url = `${GATEWAY}/${id}/${OBJECTS_REPOSITORY}/data/${object.name}`;
    await eventually(
      `destination ${id} takes an object`,
      async () => (await request("POST", url, { as: MAIL1, body })).status === 200,
    );
    for (let read = 0; read < 20; read++) await request("GET", url, { as: MAIL1 });
  }
  const after = await settledMemory(gateway);
  keep(bench, "memory, each further destination in use", [(after.alone - before.alone) / FURTHER], "MiB", 30);
  await forget();
  Deno.removeSync(`${work.path}/one`, { recursive: true });
  found.series.push({ what: "memory idle, PSS", unit: "MiB", values: { gateway: [idle.pss] } });
}

/** Whether memory stays what it is over many requests: from when everything is warm to their end. */
export async function levelMemory(bench: Bench): Promise<void> {
  const { gateway, toolbox, script, extent } = bench;
  const run = (seconds: number) => load(toolbox, { root: GATEWAY_ROOT, script, clients: 64, seconds });
  await run(extent.getSeconds * 3);
  const warm = await settledMemory(gateway);
  let requests = 0;
  say(`memory over ${extent.levelRequests} requests`);
  // At 1000 requests a second, slower than anything that was measured, a million would take a quarter of an hour.
  for (let turn = 0; requests < extent.levelRequests && turn < 120; turn++) {
    requests += (await run(Math.min(10, extent.getSeconds * 4))).requests;
  }
  const after = await settledMemory(gateway);
  keep(
    bench,
    "memory, growth over many requests",
    [(after.alone / warm.alone - 1) * 100],
    "%",
    5,
    `${requests} requests; ${warm.alone.toFixed(0)} to ${after.alone.toFixed(0)} MiB; "level" is read as 5 %`,
  );
}

async function byPart(gateway: Container, { pss }: Memory): Promise<string> {
  const parts = Object.entries(await memoryByPart(gateway)).sort(([, one], [, other]) => other - one);
  return `PSS ${pss.toFixed(0)} MiB: ${parts.map(([part, mib]) => `${part} ${mib.toFixed(0)}`).join(", ")}`;
}

function keep(
  { found }: Bench,
  what: string,
  values: readonly number[],
  unit: Verdict["unit"],
  limit: number,
  note?: string,
): void {
  found.verdicts.push({
    what,
    to: undefined,
    value: summary(values),
    unit,
    bound: "at most",
    limit,
    note,
  });
}
