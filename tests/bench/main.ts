/**
 * Measures what the gateway costs beside rclone alone and beside HAProxy without the question. Started by scripts/bench
 * in a network namespace of its own: `main.ts --output DIR [--quick] [--peers]`.
 */
import { statfsSync } from "node:fs";
import { basic, DOKUWIKI1, DOKUWIKI2, fillCluster, MAIL1 } from "../integration/harness/cluster.ts";
import { startRedis } from "../integration/harness/redis.ts";
import { IMAGES, podman } from "../integration/harness/podman.ts";
import { REST } from "../integration/harness/request.ts";
import { backups } from "./backups.ts";
import { type Bench, type Extent, Findings, FULL, QUICK, say } from "./bench.ts";
import {
  type Candidate,
  GATEWAY_ROOT,
  startMeasuredGateway,
  startOthers,
  untilAnswered,
} from "./candidates.ts";
import { chart } from "./chart.ts";
import { clusterCost } from "./cluster_cost.ts";
import { freshMemory, levelMemory } from "./footprint.ts";
import { makeObjects, makeStore, repositoryOf } from "./objects.ts";
import { objectPath, wrkScript } from "./requests.ts";
import type { Results } from "./results.ts";
import { smallGets } from "./small_gets.ts";
import { startTime } from "./start.ts";
import { asText } from "./text.ts";
import { BENCH_IMAGE, makeWork, startToolbox } from "./toolbox.ts";
import { transfers } from "./transfers.ts";

/** As many objects as a client would ask for in turn, and as small as restic's small ones. */
const SMALL_OBJECTS = 64;
const SMALL_BYTES = 4096;

const options = parse(Deno.args);
const extent = options.quick ? QUICK : FULL;
const lacking = lackingMemory(extent);
if (lacking !== undefined) {
  say(lacking);
  Deno.exit(1);
}
const started = new Date();
const before = Deno.loadavg()[0] ?? 0;
const found = new Findings();
const parts: { part: string; seconds: number }[] = [];
const images = {
  gateway: await podman("image", "inspect", "--format", "{{.Id}}", IMAGES.gateway),
  bench: await podman("image", "inspect", "--format", "{{.Id}}", BENCH_IMAGE),
};
await measure(found);
const results = write(found);
console.log(asText(results, Deno.stdout.isTerminal() && !Deno.noColor));
say(`Written: bench.json, bench.txt and bench.svg in ${options.output}`);

function parse(args: readonly string[]): { output: string; quick: boolean; peers: boolean } {
  const output = args[args.indexOf("--output") + 1];
  if (!args.includes("--output") || output === undefined) {
    throw new Error("Cannot write results: --output DIR is missing");
  }
  return { output, quick: args.includes("--quick"), peers: args.includes("--peers") };
}

/** What to say where memory does not suffice: the tree, its repository and what is restored are there at once. */
function lackingMemory({ largeBytes, smallFiles, objects }: Extent): string | undefined {
  const needed = 3 * (largeBytes + smallFiles * 8192) + 2 * objects * (16 << 20) + (512 << 20);
  const { bavail, bsize } = statfsSync("/dev/shm");
  if (bavail * bsize >= needed) return undefined;
  return `Cannot measure without a disk in between: /dev/shm has ${bavail * bsize >> 20} MiB free, and ${
    needed >> 20
  } are needed`;
}

async function measure(found: Findings): Promise<void> {
  let began = performance.now();
  const ended = (part: string): void => {
    parts.push({ part, seconds: (performance.now() - began) / 1000 });
    began = performance.now();
  };
  using work = makeWork();
  await using redis = await startRedis();
  await fillCluster(redis.client);
  const store = makeStore(`${work.path}/store`);
  const small = makeObjects(`${work.path}/small`, SMALL_OBJECTS, SMALL_BYTES);
  const several = [MAIL1, DOKUWIKI1, DOKUWIKI2];
  for (const module of several) store.put(small, repositoryOf(module));
  const names = small.map(({ name }) => name);
  const first = objectPath(names[0] ?? "");
  const script = `${work.path}/small-gets.lua`;
  const scriptOfSeveral = `${work.path}/small-gets-of-several.lua`;
  Deno.writeTextFileSync(script, wrkScript(names), { mode: 0o600 });
  Deno.writeTextFileSync(scriptOfSeveral, wrkScript(names, several), { mode: 0o600 });

  await using toolbox = await startToolbox(work);
  ended("set-up");
  await startTime({
    redis: redis.client,
    store: store.path,
    path: first,
    starts: extent.starts,
    found,
  });
  ended("start");
  await using gateway = await startMeasuredGateway(work, store.path);
  const headers = { authorization: basic(MAIL1), accept: REST };
  const own: Pick<Candidate, "name" | "root"> = { name: "gateway", root: GATEWAY_ROOT };
  await untilAnswered(own, first, headers);
  const bench = {
    extent,
    work,
    store,
    toolbox,
    redis: redis.client,
    gateway,
    script,
    scriptOfSeveral,
    found,
  };
  await freshMemory({ ...bench, candidates: [] });
  ended("memory");
  await using others = new AsyncDisposableStack();
  const candidates = await startOthers(work, store.path, gateway, options.peers, others);
  for (const candidate of candidates) await untilAnswered(candidate, first, headers);
  const all: Bench = { ...bench, candidates };
  ended("start of the others");
  for (
    const [part, measure] of [
      ["small GETs", smallGets],
      ["transfers", transfers],
      ["restic", backups],
      ["level memory", levelMemory],
      ["large cluster", clusterCost],
    ] as const
  ) {
    await measure(all);
    ended(part);
    // After each: what was measured is not lost where a later part fails.
    write(found);
  }
}

function write({ series, verdicts, processorTimes }: Findings): Results {
  const results: Results = {
    started: started.toISOString(),
    quick: options.quick,
    machine: {
      cores: navigator.hardwareConcurrency,
      model: /^model name\s*: (.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ?? Deno.build.arch,
      kernel: Deno.osRelease(),
      load: [before, Deno.loadavg()[0] ?? 0],
    },
    images,
    seconds: (Date.now() - started.getTime()) / 1000,
    parts,
    series,
    verdicts,
    processorTimes,
  };
  Deno.mkdirSync(options.output, { recursive: true });
  Deno.writeTextFileSync(`${options.output}/bench.json`, JSON.stringify(results, null, 2) + "\n");
  Deno.writeTextFileSync(`${options.output}/bench.txt`, asText(results, false));
  const title = `What the gateway costs: its figures over the others' (${results.machine.cores} cores)`;
  Deno.writeTextFileSync(`${options.output}/bench.svg`, chart(verdicts, title));
  return results;
}
