import { oneLine } from "../../gateway/domain/node_trial.ts";

/** What `restic restore --json` says while it works and at its end. */
export type RestoreMessage =
  | {
    readonly kind: "status" | "summary";
    /** 0 to 1 */
    readonly done: number;
    readonly bytes: number;
    readonly totalBytes: number;
    readonly files: number;
    readonly totalFiles: number;
  }
  /** of one file: the restore goes on, and ends as a failure */
  | { readonly kind: "error"; readonly text: string };

/** One line; undefined where it says nothing that is needed. */
export function parseRestoreMessage(line: string): RestoreMessage | undefined {
  let found: Record<string, unknown>;
  try {
    found = JSON.parse(line) ?? {};
  } catch {
    return undefined;
  }
  const kind = found["message_type"];
  if (kind === "error") {
    const { message } = (found["error"] ?? {}) as { message?: unknown };
    return { kind, text: oneLine(`${found["item"] ?? ""}: ${message ?? found["message"] ?? ""}`) };
  }
  if (kind !== "status" && kind !== "summary") return undefined;
  const number = (field: string): number => {
    const value = found[field];
    return typeof value === "number" && Number.isFinite(value) ? value : 0;
  };
  return {
    kind,
    done: kind === "summary" ? 1 : Math.min(1, Math.max(0, number("percent_done"))),
    bytes: number("bytes_restored"),
    totalBytes: number("total_bytes"),
    files: number("files_restored"),
    totalFiles: number("total_files"),
  };
}
