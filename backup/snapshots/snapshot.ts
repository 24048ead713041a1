import { oneLine } from "../../gateway/domain/node_trial.ts";

/** A snapshot as it says of itself. Whoever can write to the repository can have written one, dated as they like. */
export type Snapshot = {
  /** 64 hex digits */
  readonly id: string;
  /** in seconds since 1970, like all times here; 0 where there is none */
  readonly time: number;
  readonly host: string;
  /** when the backup began and ended: restic before 0.17 does not say */
  readonly start: number | undefined;
  readonly end: number | undefined;
  /** what it holds: bytes and files; -1 where it is not said */
  readonly bytes: number;
  readonly files: number;
};

/** What `restic snapshots --json` prints, in no order. Throws where it is no list. */
export function parseSnapshots(text: string): Snapshot[] {
  const found: unknown = JSON.parse(text);
  if (found !== null && !Array.isArray(found)) throw new Error("restic's list of snapshots is none");
  return (found ?? []).map(snapshot).filter((each) => each !== undefined);
}

function snapshot(value: unknown): Snapshot | undefined {
  const { id, time, hostname, summary } = object(value);
  if (typeof id !== "string" || !/^[0-9a-f]{64}$/.test(id)) return undefined;
  const { backup_start, backup_end, total_bytes_processed, total_files_processed } = object(summary);
  return {
    id,
    time: seconds(time) ?? 0,
    host: typeof hostname === "string" ? oneLine(hostname).slice(0, 120) : "",
    start: seconds(backup_start),
    end: seconds(backup_end),
    bytes: count(total_bytes_processed),
    files: count(total_files_processed),
  };
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : -1;
}

/** RFC 3339, with as many digits of a second as Go prints. */
function seconds(value: unknown): number | undefined {
  const milliseconds = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}
