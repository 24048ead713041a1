import { type BackupFolders, readState, writeState } from "../metrics/files.ts";
import { emptyState } from "./state.ts";

/**
 * A run that could not even begin is a bad one: without this, metrics would go on praising the last good one. Of a backup that has
 * never run here nothing is written where nobody knows its name.
 */
export async function couldNotRun(
  folders: BackupFolders,
  id: string,
  name: string | undefined,
): Promise<void> {
  const before = await readState(folders, id);
  if (before === undefined && name === undefined) return;
  await writeState(folders, { ...before ?? emptyState(id, name ?? ""), state: "idle", well: false });
}
