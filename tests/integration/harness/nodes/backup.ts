import { match, ok } from "node:assert/strict";
import type { TestIdentity } from "../cluster.ts";
import { eventually } from "../eventually.ts";
import type { ClusterNode } from "../nodes.ts";
import { type Ended, makeFolder } from "../podman.ts";
import { randomBytes } from "../tree.ts";
import { nodeIdentity } from "./contents.ts";

/** Ten packs of restic's smallest size, in about 16 seconds: a fault after the first two is in the middle. */
const PACK_MIB = 4;
const FILES = 10;
const LIMITS = ["--pack-size", String(PACK_MIB), "--limit-upload", "2500"];
const STORED_FIRST = 2;

/** A restic backup that is under way: some packs are stored, and most are not yet. */
export type RunningBackup = AsyncDisposable & {
  readonly ended: boolean;
  /** how many packs the repository holds more than before, as another node's gateway sees it */
  packs(): Promise<number>;
  /** Waits for the end, which has to be exit code 0 with all packs stored. Returns what restic printed. */
  success(): Promise<string>;
};

/** Backs up random data of `as`, whose repository exists, on `node`, to S3 unless told otherwise, and returns when it is in the middle. */
export async function startBackup(
  node: ClusterNode,
  as: TestIdentity,
  observer: ClusterNode,
  destination?: string,
): Promise<RunningBackup> {
  const source = makeFolder();
  for (let file = 0; file < FILES; file++) {
    Deno.writeFileSync(`${source.path}/${file}`, randomBytes(PACK_MIB * 1024 * 1024));
  }
  const stored = (): Promise<number> => packsOf(as, observer, destination);
  const before = await stored();
  let end: Ended | undefined;
  const result = node.restic(["backup", "/data", ...LIMITS], {
    as,
    folders: { [source.path]: "/data:ro" },
    ...(destination === undefined ? {} : { destination }),
  });
  const watched = result.then((ended) => end = ended);
  const backup: RunningBackup = {
    get ended() {
      return end !== undefined;
    },
    packs: async () => await stored() - before,
    async success() {
      const { code, stdout, stderr } = await result;
      ok(code === 0, `restic backup of ${as.name} ended with ${code}:\n${stdout}\n${stderr}`);
      ok(await backup.packs() >= FILES, "every file fills a pack");
      return stdout + stderr;
    },
    async [Symbol.asyncDispose]() {
      await watched.catch(() => {});
      source[Symbol.dispose]();
    },
  };
  try {
    await eventually(`${as.name} has stored some packs`, async () => {
      if (end !== undefined) throw new Error(`It has ended with ${end.code}: ${end.stdout}${end.stderr}`);
      return await backup.packs() >= STORED_FIRST;
    }, 120_000);
    await assertInTheMiddle(backup);
  } catch (error) {
    await backup[Symbol.asyncDispose]();
    throw error;
  }
  return backup;
}

/** That neither restic nor its uploads are done: what happens to it now happens in the middle. */
export async function assertInTheMiddle(backup: RunningBackup, observed = true): Promise<void> {
  const packs = observed ? await backup.packs() : 0;
  ok(!backup.ended && packs < FILES, `The backup is not in the middle: ${packs} packs are stored`);
}

/** That restic had to try something again: a fault that nobody noticed shows nothing. */
export function assertNoticed(printed: string): void {
  match(printed, /retrying after/, "restic has noticed nothing");
}

async function packsOf(owner: TestIdentity, observer: ClusterNode, destination?: string): Promise<number> {
  const { status, text } = await observer.ask("GET", owner, "data/", {
    as: nodeIdentity(observer.number),
    ...(destination === undefined ? {} : { destination }),
  });
  // No data yet.
  if (status === 404) return 0;
  if (status !== 200) throw new Error(`Cannot list the packs of ${owner.name}: ${status} ${text}`);
  return JSON.parse(text).length;
}
