import { oneLine } from "./node_trial.ts";

/** How a backup's run on one node stands, as that node's host tells it. Times are seconds since 1970. */
export type BackupRun =
  /** none was started since the host's service is up */
  | { readonly state: "none" }
  | { readonly state: "running"; readonly started: number }
  /** `code`: the exit code of run-backup; 0 is success */
  | { readonly state: "ended"; readonly started: number; readonly ended: number; readonly code: number };

/** The same of a node; or why it is not known. */
export type NodeBackupRun =
  & { readonly node: string }
  & (BackupRun | { readonly state: "unknown"; readonly because: string });

const ID = /^[1-9][0-9]{0,8}$/;

/** The number of a backup, or undefined. */
export function parseBackupId(text: string): string | undefined {
  return ID.test(text) ? text : undefined;
}

/** What another host says, judged like everything that comes over the wire; undefined where it is none. */
export function parseBackupRun(value: unknown): BackupRun | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { state, started, ended, code } = value as Record<string, unknown>;
  if (state === "none") return { state };
  if (state === "running" && isNumber(started)) return { state, started };
  if (state === "ended" && isNumber(started) && isNumber(ended) && isNumber(code)) {
    return { state, started, ended, code };
  }
  return undefined;
}

/** A node of which it is not known. */
export function unknownRun(node: string, because: string): NodeBackupRun {
  return { node, state: "unknown", because: oneLine(because) };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
