/**
 * Measures what one gateway costs in a cluster of a size: its memory, its start, what it asks of Redis, and what a change costs.
 * The rest of the cluster is data in a real Redis. Started by `scripts/bench --scale` in a network namespace of its own:
 * `scale.ts --output DIR`.
 */
import { basic, fillCluster, MAIL1 } from "../integration/harness/cluster.ts";
import { eventually } from "../integration/harness/eventually.ts";
import { environmentFile, GATEWAY, HARDENED, SETTINGS } from "../integration/harness/gateway.ts";
import { IMAGES, startContainer } from "../integration/harness/podman.ts";
import { startRedis } from "../integration/harness/redis.ts";
import { say } from "./bench.ts";
import { addDestinations, addModules, addNodes } from "./cluster_size.ts";
import { type Change, changes, type Idle, idle } from "./scale_costs.ts";
import { memoryByPart, settledMemory } from "./memory.ts";
import { scaleTable } from "./scale_table.ts";
import { makeWork } from "./toolbox.ts";

export type Size = { readonly nodes: number; readonly modules: number; readonly destinations: number };
/** What one gateway costs in a cluster of a size. */
export type ScaleResult = {
  readonly size: Size;
  /** MiB of what Redis holds, and what it takes a new replica to copy it */
  readonly redisMiB: number;
  readonly copySeconds: number;
  /** from `podman run` to the first answered question, in seconds */
  readonly startSeconds: number;
  /** proportional set size by part, in MiB */
  readonly memory: Readonly<Record<string, number>>;
  readonly idle: Idle;
  readonly changes: readonly Change[];
};

const SMALL: Size = { nodes: 3, modules: 10, destinations: 10 };
const SIZES: readonly Size[] = [
  SMALL,
  { ...SMALL, nodes: 1000 },
  { ...SMALL, modules: 100_000 },
  { ...SMALL, destinations: 1000 },
  { nodes: 1000, modules: 100_000, destinations: 1000 },
];
/** Nothing answers there, and nobody asks. */
const NOWHERE = "http://127.0.0.1:9";

const output = Deno.args[Deno.args.indexOf("--output") + 1];
if (output === undefined) throw new Error("Cannot write results: --output DIR is missing");
const results: ScaleResult[] = [];
for (const size of SIZES) {
  say(`${size.nodes} nodes, ${size.modules} modules, ${size.destinations} destinations`);
  results.push(await measured(size));
}
const table = scaleTable(results);
Deno.mkdirSync(output, { recursive: true });
Deno.writeTextFileSync(`${output}/scale.json`, JSON.stringify(results, null, 2) + "\n");
Deno.writeTextFileSync(`${output}/scale.txt`, table);
console.log(table);
say(`Written: scale.json and scale.txt in ${output}`);

async function measured(size: Size): Promise<ScaleResult> {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await addNodes(redis.client, size.nodes - 1);
  await addModules(redis.client, size.modules - 3);
  await addDestinations(redis.client, size.destinations - 1, NOWHERE);
  const copied = performance.now();
  {
    await using _replica = await startRedis({ port: 6380, replicaOf: redis });
  }
  const copySeconds = (performance.now() - copied) / 1000;
  const dataset = Number(/^used_memory_dataset:([0-9]+)/m.exec(await redis.client.info("memory"))?.[1]);

  using file = environmentFile(SETTINGS);
  using work = makeWork();
  const run = `${work.path}/run`;
  Deno.mkdirSync(run, { mode: 0o750 });
  Deno.chownSync(run, 4694, 4694);
  const started = performance.now();
  await using gateway = await startContainer("gateway", IMAGES.gateway, [
    ...HARDENED,
    `--env-file=${file.path}`,
    `--volume=${run}:/run/gateway`,
  ]);
  await eventually("the first question is answered", async () => await answered() === 207, 60_000);
  const startSeconds = (performance.now() - started) / 1000;
  await settledMemory(gateway);
  return {
    size,
    redisMiB: dataset / (1 << 20),
    copySeconds,
    startSeconds,
    memory: await memoryByPart(gateway),
    idle: await idle(redis, gateway),
    changes: await changes(redis, gateway, run),
  };
}

/** Asks for the list of destinations, which no storage is asked for. */
async function answered(): Promise<number> {
  const response = await fetch(`${GATEWAY}/`, {
    method: "PROPFIND",
    headers: { authorization: basic(MAIL1), depth: "1" },
    signal: AbortSignal.timeout(5000),
  });
  await response.body?.cancel();
  return response.status;
}
