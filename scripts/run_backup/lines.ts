import { oneLine } from "../../gateway/domain/node_trial.ts";
import type { Progress } from "../../backup/run/module_backup.ts";
import type { RunEvent } from "../../backup/run/run.ts";
import { wentWell } from "../../backup/status.ts";

/** An event for programs. */
export function jsonLine({ kind, ...rest }: RunEvent): Record<string, unknown> {
  return { message_type: kind, ...rest };
}

/** An event in one line for people; undefined where it is none for them. */
export function plainLine(event: RunEvent): string | undefined {
  switch (event.kind) {
    case "begin":
      return `${event.module}: begins`;
    case "progress":
      return undefined;
    case "text":
      return `${event.module}: ${oneLine(event.text)}`;
    case "step": {
      const { module, step, verdict } = event;
      if (verdict.kind === "done") return `${module}: ${step} done`;
      return `${module}: ${step} ${verdict.kind === "held" ? "HELD" : "FAILED"}: ${oneLine(verdict.because)}`;
    }
    case "unrecorded": {
      const { module, snapshots } = event;
      return `${module}: ${snapshots.length} snapshots that no node has recorded: ${
        snapshots.map((id) => id.slice(0, 8)).join(" ")
      }`;
    }
    case "locked":
      return `${event.module}: another run holds it, it is tried again later`;
    case "waiting":
      return `Waiting ${Math.ceil(event.seconds)} s for ${event.modules.join(", ")}`;
    case "end":
      return `${event.module}: ${wentWell(event.status) ? "all done" : "NOT WELL"}`;
    case "note":
      return oneLine(event.text);
  }
}

/** How far a module's backup is; undefined where a line does not say. */
export function progressLine(module: string, line: Progress): string | undefined {
  const { message_type, percent_done, bytes_done, total_bytes } = line;
  if (message_type !== "status" || typeof percent_done !== "number") return undefined;
  const part = Math.min(1, Math.max(0, percent_done));
  const bar = "#".repeat(Math.round(part * 30)).padEnd(30, ".");
  const mebibytes = (value: unknown): string =>
    typeof value === "number" ? (value / 2 ** 20).toFixed(0) : "?";
  return `${module} [${bar}] ${(part * 100).toFixed(1)}% ${mebibytes(bytes_done)} of ${
    mebibytes(total_bytes)
  } MiB`;
}
