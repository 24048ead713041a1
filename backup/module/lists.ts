/** What of a module is backed up, as restic's lists have it; and the lines that were left out, as they stand there. */
export type Lists = {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly refused: readonly string[];
};

/** Restore needs it (NethServer 8's, too): it is in every backup, whatever the lists say. */
const ENVIRONMENT = "state/environment";

/**
 * Lists for restic from a module's `etc/state-include.conf` and `etc/state-exclude.conf`. Only what is in `state/` and `volumes/`
 * can be included: the rest of what restic sees is its container's own. Excluded may be whatever restic's patterns say.
 */
export function backupLists(include: string, exclude: string): Lists {
  const refused: string[] = [];
  const included = new Set([ENVIRONMENT]);
  for (const line of entries(include)) {
    if (/^(state|volumes)\//.test(line) && !line.split("/").includes("..")) included.add(line);
    else refused.push(line);
  }
  // A "!" brings back what a line before it has excluded.
  return {
    include: [...included],
    exclude: [...entries(exclude), `!/srv/${ENVIRONMENT}`],
    refused,
  };
}

/** The lines that say something: restic, too, takes blanks at the ends away, and leaves out what begins with "#". */
function entries(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}
