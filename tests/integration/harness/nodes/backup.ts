import { match, ok } from "node:assert/strict";
import type { TestIdentity } from "../cluster.ts";
import { eventually } from "../eventually.ts";
import type { ClusterNode } from "../nodes.ts";
import { type Ended, makeFolder } from "../podman.ts";
import { randomBytes } from "../tree.ts";
import { nodeIdentity, S3 } from "./contents.ts";

/** Some eight packs of restic's smallest size, in about 16 seconds: a fault after the first two is in the middle. */
const PACK_MIB = 4;
const FILES = 10;
const LIMITS = ["--pack-size", String(PACK_MIB), "--limit-upload", "2500"];
const STORED_FIRST = 2;
/** Longer than the five minutes after which restic gives a request without progress up and tries again. */
const PATIENCE_MS = 600_000;

/** A restic backup to S3 that is under way. At the end of the scope it is ended, if it has not. */
export type RunningBackup = AsyncDisposable & {
  readonly ended: boolean;
  /** how many packs the repository holds more than before, as another node's gateway sees it */
  packs(): Promise<number>;
  /** waits until some packs are stored */
  reachesMiddle(): Promise<void>;
  /** that there is more to come: what is done to it now is done in the middle; `observed`: whether packs can be counted now */
  isInTheMiddle(observed?: boolean): Promise<void>;
  /** Waits for the end, which has to be exit code 0, with packs stored since the middle. Returns what restic printed. */
  succeeds(): Promise<string>;
};

/** Backs up random data of `as`, whose repository exists, on `node`. */
export async function startBackup(
  node: ClusterNode,
  as: TestIdentity,
  observer: ClusterNode,
  destination: string = S3,
): Promise<RunningBackup> {
  const before = await packsOf(as, observer, destination);
  const source = makeFolder();
  for (let file = 0; file < FILES; file++) {
    Deno.writeFileSync(`${source.path}/${file}`, randomBytes(PACK_MIB * 1024 * 1024));
  }
  const abort = new AbortController();
  let end: Ended | undefined;
  let inTheMiddle = 0;
  const result = node.restic(["backup", "/data", ...LIMITS], {
    as,
    folders: { [source.path]: "/data:ro" },
    destination,
    signal: abort.signal,
    timeoutMs: PATIENCE_MS,
  });
  const watched = result.then((ended) => end = ended);
  const backup: RunningBackup = {
    get ended() {
      return end !== undefined;
    },
    packs: async () => await packsOf(as, observer, destination) - before,
    async reachesMiddle() {
      await eventually(
        `${as.name} has stored some packs`,
        async () => backup.ended || await backup.packs() >= STORED_FIRST,
        120_000,
      );
      // Where it has failed, this tells why.
      if (end !== undefined) await backup.succeeds();
      await backup.isInTheMiddle();
    },
    async isInTheMiddle(observed = true) {
      if (observed) inTheMiddle = await backup.packs();
      ok(!backup.ended, `The backup is not in the middle any more: ${inTheMiddle} packs are stored`);
    },
    async succeeds() {
      const { code, stdout, stderr } = await result;
      ok(code === 0, `restic backup of ${as.name} ended with ${code}:\n${stdout}\n${stderr}`);
      ok(await backup.packs() > inTheMiddle, "nothing was stored since the middle");
      return stdout + stderr;
    },
    async [Symbol.asyncDispose]() {
      abort.abort();
      await watched.catch(() => {});
      source[Symbol.dispose]();
    },
  };
  return backup;
}

/** That restic had to try something again: a fault that nobody noticed shows nothing. */
export function assertNoticed(printed: string): void {
  match(printed, /retrying after/, "restic has noticed nothing");
}

async function packsOf(owner: TestIdentity, observer: ClusterNode, destination: string): Promise<number> {
  const as = nodeIdentity(observer.number);
  const { status, text } = await observer.ask("GET", owner, "data/", { as, destination });
  // No data yet.
  if (status === 404) return 0;
  if (status !== 200) throw new Error(`Cannot list the packs of ${owner.name}: ${status} ${text}`);
  return JSON.parse(text).length;
}
