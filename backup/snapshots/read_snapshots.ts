import { oneLine } from "../../gateway/domain/node_trial.ts";
import type { Access } from "../restic/access.ts";
import { restic, RESTIC_EXIT } from "../restic/restic.ts";
import { parseSnapshots, type Snapshot } from "./snapshot.ts";

/** The snapshots of a repository, or why they cannot be read. Takes no lock: it may be asked at any time. */
export async function readSnapshots(
  access: Access,
  signal?: AbortSignal,
): Promise<{ readonly snapshots: readonly Snapshot[] } | { readonly because: string }> {
  const { code, stdout, stderr } = await restic({
    access,
    args: ["snapshots", "--json", "--no-lock"],
    ...(signal === undefined ? {} : { signal }),
  });
  if (code !== RESTIC_EXIT.done) return { because: resticSaid(code, stderr) };
  try {
    return { snapshots: parseSnapshots(stdout) };
  } catch (error) {
    return { because: (error as Error).message };
  }
}

/** Why restic did not do it, in one line: the end of what it said, since the cause comes last. */
export function resticSaid(code: number, stderr: string): string {
  switch (code) {
    case RESTIC_EXIT.noRepository:
      return "there is no repository";
    case RESTIC_EXIT.wrongPassword:
      return "the destination's restic password does not open it";
    case RESTIC_EXIT.locked:
      return "it is locked";
    case RESTIC_EXIT.interrupted:
      return "it was interrupted";
    default: {
      const words = stderr.split("\n").map(resticMessage).filter((line) => line !== "");
      return `restic ended with ${code}${
        words.length === 0 ? "" : `: ${oneLine(words.slice(-3).join("; "))}`
      }`;
    }
  }
}

/** A line on restic's error output; with --json it is a message in JSON. */
function resticMessage(line: string): string {
  if (!line.startsWith("{")) return line.trim();
  try {
    const { message, error } = JSON.parse(line);
    const text = message ?? error?.message ?? "";
    return typeof text === "string" ? text : "";
  } catch {
    return line;
  }
}
