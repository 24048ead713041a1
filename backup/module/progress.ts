import { oneLine } from "../one_line.ts";

/** How far a backup is: restic's `status` message. Sizes in bytes, times in seconds. */
export type Status = {
  readonly kind: "status";
  /** from 0 to 1; 0 for as long as restic does not know how much there is */
  readonly done: number;
  readonly files: number;
  readonly bytes: number;
  readonly totalBytes: number;
  readonly remaining: number | undefined;
};

/** What a backup has made: restic's `summary` message. */
export type Summary = {
  readonly kind: "summary";
  /** 64 digits */
  readonly snapshot: string;
  readonly files: number;
  readonly bytes: number;
  readonly added: number;
  readonly seconds: number;
};

/** A file that could not be read: restic's `error` message. */
export type Unreadable = { readonly kind: "error"; readonly item: string };

/** A line that restic prints with --json, as far as it matters here. */
export function parseMessage(line: string): Status | Summary | Unreadable | undefined {
  let found: Record<string, unknown>;
  try {
    found = Object(JSON.parse(line));
  } catch {
    return undefined;
  }
  const number = (name: string): number =>
    typeof found[name] === "number" && Number.isFinite(found[name]) ? found[name] : 0;
  switch (found["message_type"]) {
    case "status":
      return {
        kind: "status",
        done: Math.min(1, Math.max(0, number("percent_done"))),
        files: number("files_done"),
        bytes: number("bytes_done"),
        totalBytes: number("total_bytes"),
        remaining: "seconds_remaining" in found ? number("seconds_remaining") : undefined,
      };
    case "summary":
      return {
        kind: "summary",
        snapshot: String(found["snapshot_id"] ?? ""),
        files: number("total_files_processed"),
        bytes: number("total_bytes_processed"),
        added: number("data_added"),
        seconds: number("total_duration"),
      };
    case "error":
      return { kind: "error", item: oneLine(String(found["item"] ?? "")) };
    default:
      return undefined;
  }
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** A size as people read it: `3.4 MiB`. */
export function formatBytes(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${step === 0 ? bytes : (bytes / 2 ** (10 * step)).toFixed(1)} ${UNITS[step]}`;
}

/** A bar and figures in one line: `[#####-----]  50 %  12 files, 3.4 MiB of 6.8 MiB, 4 s left`. */
export function formatStatus({ done, files, bytes, totalBytes, remaining }: Status, width: number): string {
  const full = Math.round(done * width);
  const bar = width > 0 ? `[${"#".repeat(full)}${"-".repeat(width - full)}] ` : "";
  const left = remaining === undefined ? "" : `, ${remaining} s left`;
  return `${bar}${String(Math.floor(done * 100)).padStart(3)} %  ${files} files, ${formatBytes(bytes)} of ${
    formatBytes(totalBytes)
  }${left}`;
}
