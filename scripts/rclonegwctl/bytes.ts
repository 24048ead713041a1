const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Bytes as a person says it: `512 B`, `1.5 GiB`; "?" where it is not known. */
export function formatBytes(bytes: number): string {
  if (bytes < 0) return "?";
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes;
  let unit = "";
  for (const next of UNITS) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${value.toFixed(1)} ${unit}`;
}

/** Seconds since 1970 as a time: `2026-11-23T20:15:00Z`; empty where there is none. */
export function formatTime(seconds: number | undefined): string {
  if (seconds === undefined || seconds <= 0) return "";
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().replace(/\.000Z$/, "Z");
}
