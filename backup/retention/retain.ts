import type { SnapshotRecord } from "../records.ts";
import type { Access } from "../restic/access.ts";
import { because } from "../restic/because.ts";
import { list } from "../restic/list.ts";
import { restic } from "../restic/restic.ts";
import type { Verdict } from "../status.ts";
import { anomalies, held, isAccepted, tooMany } from "./anomaly.ts";
import { type Choice, choose } from "./choose.ts";
import { namedTwice } from "./named_twice.ts";
import { parseRetentionFacts } from "./facts.ts";
import type { Policy } from "./policy.ts";

export type Retaining = {
  /** a node's: modules can not forget */
  readonly access: Access;
  /** the volume that holds restic's cache of this repository */
  readonly cache: string;
  readonly policy: Policy;
  /** of other backups of this repository: what one of them keeps stays */
  readonly others?: readonly Policy[];
  /** how old a snapshot has to be before newer ones may displace it, in seconds */
  readonly minimumAge: number;
  /** how often the repository is pruned, in seconds */
  readonly pruneEvery: number;
  readonly records: readonly SnapshotRecord[];
  /** in seconds since 1970 */
  readonly now: number;
  /** the hash of the repository's facts */
  readonly facts: Readonly<Record<string, string>>;
  /** whose days and weeks count; UTC as in restic's container without one */
  readonly timeZone?: string;
  readonly signal?: AbortSignal;
};

export type Retained = {
  readonly retention: Verdict;
  /** not there when it was not time to prune, or retention has failed */
  readonly prune?: Verdict;
  /** the snapshots that are no more, whose records have no use any longer: some may have gone in a run that was killed */
  readonly forgotten: readonly string[];
  /** ids in the repository that no node has recorded */
  readonly unrecorded: readonly string[];
  /** what to write into the hash of the repository's facts; other fields stay as they are */
  readonly facts: Record<string, string>;
};

/** 65 characters each: far below what a command line may hold. */
const IDS_AT_ONCE = 200;
/** For locks of those who are alive, such as somebody who restores. */
const RETRY_LOCK = "--retry-lock=10m";

/** The name of the container in which restic removes something from the repository with this cache. */
export function removing(cache: string): string {
  return `${cache}-removing`;
}

/**
 * Forgets what the policy does not keep, and prunes when it is time, unless something looks wrong. The caller holds this host's lock
 * of the repository. Where it is killed, the next run finds out what has been done.
 */
export async function retain(parts: Retaining): Promise<Retained> {
  const {
    access,
    cache,
    policy,
    minimumAge,
    pruneEvery,
    records,
    now,
    signal,
    timeZone = "UTC",
    others = [],
  } = parts;
  const facts = parseRetentionFacts(parts.facts, now);
  const call = { access, cache, ...(signal === undefined ? {} : { signal }) };
  const present = await list(call, "snapshots");
  if ("because" in present) {
    return { retention: failed(present.because), forgotten: [], unrecorded: [], facts: {} };
  }
  const choice = choose({ policy, others, records, present, now, minimumAge, timeZone });
  const { unrecorded } = choice;
  const found = [
    ...anomalies({ records, vanished: choice.vanished, unrecorded: unrecorded.length, facts }),
    ...tooMany({ forget: choice.forget.length, keep: choice.keep.length }, facts),
  ];
  const reason = held(found);
  const known = {
    looked: String(Math.floor(now)),
    held: reason ?? "",
    ...(found.some(({ of }) => of === "unrecorded") ? {} : { unrecorded: String(unrecorded.length) }),
  };
  const missed = [...choice.gone, ...choice.vanished.filter((record) => isAccepted(record, facts))];
  const missing = missed.map(({ id }) => id);
  const { retention, forgotten } = found.some(({ holds }) => holds === "retention")
    ? { retention: heldBecause("Retention", reason), forgotten: [] }
    : await forget(call, choice);
  const result = { retention, forgotten: [...missing, ...forgotten], unrecorded, facts: known };
  if (reason !== undefined) return { ...result, prune: heldBecause("Pruning", reason) };
  if (retention.kind !== "done" || now - facts.pruned < pruneEvery) return result;
  const doubt = await doubtful(call);
  if (doubt !== undefined) return { ...result, prune: doubt.prune, facts: { ...known, held: doubt.reason } };
  const ended = await restic({ ...call, name: removing(cache), args: ["prune", RETRY_LOCK] });
  if (ended.code !== 0) return { ...result, prune: failed(because("prune", ended)) };
  return { ...result, prune: { kind: "done" }, facts: { ...known, pruned: known.looked } };
}

type Call = { readonly access: Access; readonly cache: string; readonly signal?: AbortSignal };

/** Why prune must not choose between two packs of the same data; undefined where it need not, or where all of it was read and is whole. */
async function doubtful(call: Call): Promise<{ prune: Verdict; reason: string } | undefined> {
  const twice = await namedTwice(call);
  if (twice === false) return undefined;
  if (twice !== true) return { prune: failed(twice.because), reason: "" };
  const ended = await restic({ ...call, args: ["check", "--read-data", "--no-lock"] });
  call.signal?.throwIfAborted();
  if (ended.code === 0) return undefined;
  const reason = `the index names some of the data twice, and not all of it can be read: ${
    because("check", ended)
  }. Prune would choose one of the two unread: look with "rclonegwctl restic -- check --read-data"`;
  return { prune: heldBecause("Pruning", reason), reason };
}

/** Forgets, and looks what is really gone then. */
async function forget(
  call: Call,
  { forget }: Choice,
): Promise<{ retention: Verdict; forgotten: readonly string[] }> {
  const ids = forget.map(({ id }) => id);
  if (ids.length === 0) return { retention: { kind: "done" }, forgotten: [] };
  const problems: string[] = [];
  for (let first = 0; first < ids.length && problems.length === 0; first += IDS_AT_ONCE) {
    const some = ids.slice(first, first + IDS_AT_ONCE);
    const ended = await restic({
      ...call,
      name: removing(call.cache),
      args: ["forget", RETRY_LOCK, "--quiet", ...some],
    });
    if (ended.code !== 0) problems.push(because("forget snapshots", ended));
  }
  const left = await list(call, "snapshots");
  if ("because" in left) return { retention: failed([...problems, left.because].join("; ")), forgotten: [] };
  const forgotten = ids.filter((id) => !left.has(id));
  if (problems.length === 0 && forgotten.length < ids.length) {
    problems.push(
      `Cannot forget snapshots: ${
        ids.length - forgotten.length
      } of ${ids.length} are still there, and restic has not said why`,
    );
  }
  return { retention: problems.length === 0 ? { kind: "done" } : failed(problems.join("; ")), forgotten };
}

function failed(because: string): Verdict {
  return { kind: "failed", because };
}

function heldBecause(what: string, reason = ""): Verdict {
  return { kind: "held", because: `${what} is held: ${reason}` };
}
