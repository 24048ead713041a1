import type { SnapshotRecord } from "../records.ts";
import type { Snapshot } from "./snapshot.ts";

/** A snapshot with what a node has recorded of it. Without a record any application may have made it. */
export type SeenSnapshot = Snapshot & {
  readonly record: SnapshotRecord | undefined;
  /** it dates itself later than now: its clock was wrong, or it lies */
  readonly future: boolean;
};

/** How far clocks may be apart, in seconds. */
const CLOCKS = 600;

/** Snapshots with their records, the newest first: by the time that a node saw, or else by their own. `now` in seconds. */
export function withRecords(
  snapshots: readonly Snapshot[],
  records: readonly SnapshotRecord[],
  now: number,
): SeenSnapshot[] {
  const recorded = new Map(records.map((record) => [record.id, record]));
  const when = ({ record, time }: SeenSnapshot): number => record?.seen ?? time;
  return snapshots
    .map((each) => ({ ...each, record: recorded.get(each.id), future: each.time > now + CLOCKS }))
    .sort((a, b) => when(b) - when(a) || (a.id < b.id ? -1 : 1));
}

/** One snapshot, or why there is none that is meant. */
export type Chosen = { readonly snapshot: SeenSnapshot } | { readonly because: string };

/**
 * Which snapshot somebody means by an id, the beginning of one (8 digits at least), or `latest`: the one that a node was the last
 * to record, since an application could have added another with any date. With `any` it is the one with the latest date of its own.
 */
export function choose(snapshots: readonly SeenSnapshot[], wanted: string, any: boolean): Chosen {
  if (wanted !== "latest") {
    const found = snapshots.filter(({ id }) => id.startsWith(wanted));
    const [snapshot, other] = found;
    if (snapshot === undefined) return { because: `there is no snapshot ${wanted}` };
    return other === undefined ? { snapshot } : { because: `${found.length} snapshots begin with ${wanted}` };
  }
  if (snapshots.length === 0) return { because: "there is no snapshot" };
  const newest = (candidates: readonly SeenSnapshot[], when: (each: SeenSnapshot) => number) =>
    candidates.reduce<SeenSnapshot | undefined>(
      (best, each) => best === undefined || when(each) > when(best) ? each : best,
      undefined,
    );
  const snapshot = any
    ? newest(snapshots, ({ time }) => time)
    : newest(snapshots.filter(({ record }) => record !== undefined), ({ record }) => record?.seen ?? 0);
  return snapshot === undefined
    ? {
      because:
        `no node has recorded any of the ${snapshots.length} snapshots, so that any application may have made ` +
        `them: name one by its id, or take the one with the latest date, whoever made it (--any)`,
    }
    : { snapshot };
}

/** Whether a text can name a snapshot. */
export function namesSnapshot(text: string): boolean {
  return text === "latest" || /^[0-9a-f]{8,64}$/.test(text);
}
