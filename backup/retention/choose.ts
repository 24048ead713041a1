import type { SnapshotRecord } from "../records.ts";
import { applyPolicy, type Judged } from "./apply_policy.ts";
import type { Policy } from "./policy.ts";

/** What is to become of a repository's snapshots. */
export type Choice = {
  /** newest first, with restic's reasons, and "younger than the minimum age" */
  readonly keep: readonly Judged[];
  readonly forget: readonly SnapshotRecord[];
  /** ids that no node has recorded: they are never forgotten, and displace nothing */
  readonly unrecorded: readonly string[];
  /** recorded and not in the repository, and the policy would have had them removed: a run has, and was killed before it said so */
  readonly gone: readonly SnapshotRecord[];
  /** recorded and not in the repository, and no run of ours has removed them */
  readonly vanished: readonly SnapshotRecord[];
};

export type Choosing = {
  readonly policy: Policy;
  /** of other backups of the same repository: a snapshot stays where one policy keeps it */
  readonly others?: readonly Policy[];
  readonly records: readonly SnapshotRecord[];
  /** the ids that are in the repository */
  readonly present: ReadonlySet<string>;
  /** in seconds since 1970 */
  readonly now: number;
  /** in seconds */
  readonly minimumAge: number;
  /** whose days and weeks count, such as `UTC` */
  readonly timeZone: string;
};

/**
 * Which snapshots are kept. Only recorded ones count, at the times the node has seen: an application can add snapshots at will, and
 * date them as it likes.
 */
export function choose(
  { policy, others = [], records, present, now, minimumAge, timeZone }: Choosing,
): Choice {
  const judge = (some: readonly SnapshotRecord[]): Judged[] =>
    byAnyOf([policy, ...others], some, now, timeZone).map(({ record, reasons }) => ({
      record,
      reasons: now - record.seen < minimumAge ? [...reasons, "younger than the minimum age"] : reasons,
    }));
  const judged = judge(records.filter(({ id }) => present.has(id)));
  const keep = judged.filter(({ reasons }) => reasons.length > 0);
  const recorded = new Set(records.map(({ id }) => id));
  // What a run has forgotten, the policy would have forgotten again, whatever was recorded since: periods only fill up.
  const gone = judge(records).filter(({ record, reasons }) => reasons.length === 0 && !present.has(record.id))
    .map(({ record }) => record);
  return {
    keep: keep.length > 0
      ? keep
      : judged.map(({ record }) => ({ record, reasons: ["nothing else is left"] })),
    // As restic does: a policy that would leave nothing is none.
    forget: keep.length > 0
      ? judged.filter(({ reasons }) => reasons.length === 0).map(({ record }) => record)
      : [],
    unrecorded: [...present].filter((id) => !recorded.has(id)).sort(),
    gone,
    vanished: records.filter((record) => !present.has(record.id) && !gone.includes(record)),
  };
}

/** Each with the reasons of all policies. They come in the same order from each. */
function byAnyOf(
  policies: readonly Policy[],
  records: readonly SnapshotRecord[],
  now: number,
  timeZone: string,
): Judged[] {
  const [first = [], ...more] = policies.map((policy) => applyPolicy(policy, records, now, timeZone));
  return first.map(({ record, reasons }, position) => ({
    record,
    reasons: [...new Set([...reasons, ...more.flatMap((judged) => judged[position]?.reasons ?? [])])],
  }));
}
