import { earlier, onCalendar, PERIODS } from "./calendar.ts";
import { formatPolicy, NOTHING, type Policy } from "./policy.ts";
import type { SnapshotRecord } from "../records.ts";

/** A record, and why it is kept, in restic's words; with no reason it is not. */
export type Judged = { readonly record: SnapshotRecord; readonly reasons: readonly string[] };

const COUNTED = ["last", "hourly", "daily", "weekly", "monthly", "yearly"] as const;

/**
 * What `restic forget` would do with snapshots of these times (restic 0.18, its snapshot_policy.go), newest first. A rule keeps the
 * newest of each period until its count is used up; the oldest of all is kept by each rule that has some of its count left; and
 * `within` is counted back from the newest that is not in the future. Of several at the same time the one with the smallest id is
 * the newest, where restic takes whichever it has read first.
 */
export function applyPolicy(
  policy: Policy,
  records: readonly SnapshotRecord[],
  now: number,
  timeZone: string,
): Judged[] {
  const sorted = [...records].sort((a, b) => b.seen - a.seen || (a.id < b.id ? -1 : 1));
  const newest = sorted.find(({ seen }) => seen < now);
  // Where all are in the future, restic counts back from the year 1.
  const since = newest === undefined ? -1 : earlier(newest.seen, policy.within, timeZone);
  const within = formatPolicy({ ...NOTHING, within: policy.within }).replace("keep-within=", "within ");
  const left: { -readonly [rule in keyof Policy]: number } = { ...policy };
  const before = new Map<string, string>();
  return sorted.map((record, position) => {
    const reasons: string[] = [];
    const oldest = position === sorted.length - 1;
    const moment = onCalendar(record.seen, timeZone);
    if (policy.within > 0 && record.seen > since) reasons.push(within);
    for (const rule of COUNTED) {
      if (left[rule] === 0) continue;
      const period = rule === "last" ? `${position}` : PERIODS[rule](moment);
      const again = before.get(rule) === period;
      if (again && !oldest) continue;
      reasons.push(`${again ? "oldest " : ""}${rule} snapshot`);
      before.set(rule, period);
      left[rule]--;
    }
    return { record, reasons };
  });
}
