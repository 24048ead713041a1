import { oneLine } from "../one_line.ts";
import { RESTIC_EXIT, type ResticEnded } from "./restic.ts";

const MEANINGS: Readonly<Record<number, string>> = {
  [RESTIC_EXIT.someSourcesUnreadable]: "some of the files could not be read",
  [RESTIC_EXIT.noRepository]: "there is no repository",
  [RESTIC_EXIT.locked]: "the repository is locked by another run",
  [RESTIC_EXIT.wrongPassword]: "the repository has another password",
  [RESTIC_EXIT.interrupted]: "it was interrupted",
};

/** How restic ended, in one line: its exit code, what that means, and the last that it said. */
export function tellEnd({ code, stderr }: Pick<ResticEnded, "code" | "stderr">): string {
  const meaning = MEANINGS[code];
  const last = stderr.split("\n").map(saidIn).filter((line) => line !== "").at(-1);
  return `restic ended with exit code ${code}` + (meaning === undefined ? "" : ` (${meaning})`) +
    (last === undefined ? "" : `: ${last}`);
}

/** restic says its last with --json as JSON, too: `{"message_type":"exit_error","code":1,"message":"…"}`. */
function saidIn(line: string): string {
  if (!line.startsWith("{")) return oneLine(line);
  try {
    const { message } = JSON.parse(line) as { message?: unknown };
    return oneLine(typeof message === "string" ? message : line);
  } catch {
    return oneLine(line);
  }
}
