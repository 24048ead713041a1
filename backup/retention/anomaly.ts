import type { SnapshotRecord } from "../records.ts";
import type { RetentionFacts } from "./facts.ts";

/**
 * Something that a person has to look at. `prune`: nothing is lost yet, and what was forgotten can be found again (`restic recover`)
 * until the next prune. `retention`: what is kept can not be trusted, so nothing is forgotten either.
 */
export type Anomaly = {
  readonly of: "small" | "replaced" | "vanished" | "unrecorded" | "many";
  readonly holds: "retention" | "prune";
  readonly because: string;
};

/** How many unrecorded snapshots may come between two runs: a run that is killed before it records leaves one. */
const UNRECORDED_AT_ONCE = 10;
/** As many may always go at once. */
const FEW = 3;
/** Before fewer, nobody knows how much a usual backup adds. */
const ENOUGH_TO_COMPARE = 3;

/**
 * What has changed abnormally since an operator last said that all is well. Judged from the records alone, all of them each time: so it
 * lasts until the operator has said so again, however good the next backups look. Otherwise a compromised application would make
 * seven empty ones and then one of the usual size, and have the seven displace what was good.
 */
export function anomalies({ records, vanished, unrecorded, facts }: {
  readonly records: readonly SnapshotRecord[];
  readonly vanished: readonly SnapshotRecord[];
  /** how many there are */
  readonly unrecorded: number;
  readonly facts: Pick<RetentionFacts, "released" | "unrecorded" | "looked">;
}): Anomaly[] {
  const found: Anomaly[] = [];
  const { small, replaced, usual } = unusual(records, facts.released);
  const [first] = small;
  if (first !== undefined) {
    const what = `${amount(first)}, where ${amount(usual)} were usual`;
    found.push({
      of: "small",
      holds: "retention",
      because: `${count(small)} far less than before, the first one, ${name(first)}, ${what}`,
    });
  }
  const [changed] = replaced;
  if (changed !== undefined) {
    const what = `${changed.added} of ${changed.bytes} bytes are new in the first one, ${name(changed)}`;
    found.push({
      of: "replaced",
      holds: "retention",
      because: `${count(replaced)} hardly anything of what was there before: ${what}`,
    });
  }
  const missing = vanished.filter((record) => !isAccepted(record, facts));
  const [lost] = missing;
  if (lost !== undefined) {
    const what = `no run of this program has removed them: ${name(lost)}${
      missing.length > 1 ? " and others" : ""
    }`;
    found.push({
      of: "vanished",
      holds: "retention",
      because: `${missing.length} recorded snapshots are missing in the repository, and ${what}`,
    });
  }
  const before = isReleased(facts) ? undefined : facts.unrecorded;
  if (before !== undefined && unrecorded > before + UNRECORDED_AT_ONCE) {
    const what =
      `${unrecorded} instead of ${before} snapshots that no node has recorded are in the repository`;
    found.push({
      of: "unrecorded",
      holds: "prune",
      because: `${what}: the application adds them by itself, or nodes fail to record`,
    });
  }
  return found;
}

/**
 * What retention itself is about to do, where that is abnormal: a clock that was set ahead, or a policy with a slip of the pen, would
 * have most of the snapshots go in one run. An operator who has just said that all is well meant that, too.
 */
export function tooMany(
  { forget, keep }: { readonly forget: number; readonly keep: number },
  facts: Pick<RetentionFacts, "released" | "looked">,
): Anomaly[] {
  if (forget <= FEW || forget <= keep || isReleased(facts)) return [];
  const what = `${forget} of ${forget + keep} snapshots would be forgotten at once`;
  return [{ of: "many", holds: "retention", because: `${what}: was the clock set, or the policy changed?` }];
}

/** Whether an operator has said that all is well, and no run has been there since. */
function isReleased({ released, looked }: Pick<RetentionFacts, "released" | "looked">): boolean {
  return released > 0 && released >= looked;
}

/** Whether that was said of a snapshot that is missing: so nobody misses it. */
export function isAccepted(
  { seen }: SnapshotRecord,
  facts: Pick<RetentionFacts, "released" | "looked">,
): boolean {
  return isReleased(facts) && seen <= facts.released;
}

/** The line in which all of that is said, and how to go on; undefined where nothing is wrong. */
export function held(found: readonly Anomaly[]): string | undefined {
  if (found.length === 0) return undefined;
  return `${found.map(({ because }) => because).join("; ")}. Look at the application and at its snapshots ` +
    '("rclonegwctl snapshots"); if all is as it should be, "rclonegwctl backup release" lets it go on';
}

type Amount = Pick<SnapshotRecord, "bytes" | "files" | "added">;

/**
 * The records since `released` that hold less than half of the data or of the files of those before, and those in which more than
 * half of what was usual is not the same any more (encrypted by somebody else, say), although so much was not usual. They do not
 * become part of what is usual. What was accepted last is the measure for what comes.
 */
function unusual(records: readonly SnapshotRecord[], released: number) {
  const small: SnapshotRecord[] = [];
  const replaced: SnapshotRecord[] = [];
  let before: SnapshotRecord[] = [];
  for (const record of [...records].sort((a, b) => a.seen - b.seen)) {
    const known = record.bytes >= 0 && record.files >= 0;
    if (record.seen <= released) {
      before = known ? [record] : [];
      continue;
    }
    const usual = medians(before);
    // What nobody knows of itself (-1) is less than anything.
    const less = before.length > 0 && (record.bytes < usual.bytes / 2 || record.files < usual.files / 2);
    const notGrown = record.added - Math.max(0, record.bytes - usual.bytes);
    const other = before.length >= ENOUGH_TO_COMPARE && notGrown > usual.bytes / 2 &&
      record.added > 4 * usual.added;
    if (less) small.push(record);
    else if (other) replaced.push(record);
    else if (known) before.push(record);
  }
  return { small, replaced, usual: medians(before) };
}

function medians(records: readonly SnapshotRecord[]): Amount {
  const median = (of: keyof Amount): number => {
    const sorted = records.map((record) => record[of]).sort((a, b) => a - b);
    const middle = (sorted.length - 1) / 2;
    return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
  };
  return { bytes: median("bytes"), files: median("files"), added: median("added") };
}

function amount({ bytes, files }: Amount): string {
  return bytes < 0 || files < 0 ? "nobody knows how much" : `${bytes} bytes in ${files} files`;
}

function count(records: readonly SnapshotRecord[]): string {
  return records.length === 1 ? "1 snapshot holds" : `${records.length} snapshots hold`;
}

function name({ id, seen }: SnapshotRecord): string {
  return `${id.slice(0, 8)} of ${new Date(seen * 1000).toISOString()}`;
}
