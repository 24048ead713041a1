import { replaceFile } from "../replace_file.ts";
import { type BackupState, emptyState } from "../run/state.ts";
import { renderMetrics } from "./render.ts";

/** Where a node keeps what it knows of its backups, and where node_exporter looks. */
export type BackupFolders = { readonly state: string; readonly prom: string };

/** The folders from the environment (BACKUP_STATE_DIR, BACKUP_PROM_DIR), or where they are on a host. */
export function backupFolders(env: Readonly<Record<string, string | undefined>>): BackupFolders {
  return {
    state: env["BACKUP_STATE_DIR"] || "/var/lib/rclone-gateway/backup",
    prom: env["BACKUP_PROM_DIR"] || "/var/lib/rclone-gateway/node_exporter",
  };
}

const FILE = /^backup([1-9][0-9]{0,8})\.(?:prom|json)$/;

/** What is known of a backup; of what cannot be read, nothing: the next run makes it anew. */
export async function readState({ state }: BackupFolders, id: string): Promise<BackupState | undefined> {
  try {
    const read = JSON.parse(await Deno.readTextFile(`${state}/runs/backup${id}.json`)) as BackupState;
    return { ...emptyState(id, ""), ...read };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Keeps it, and shows it to node_exporter, which is another user. */
export async function writeState(folders: BackupFolders, state: BackupState): Promise<void> {
  await replaceFile(`${folders.state}/runs/backup${state.id}.json`, JSON.stringify(state), 0o600);
  await replaceFile(`${folders.prom}/backup${state.id}.prom`, renderMetrics(state), 0o644);
}

/** Removes what is left of a backup. */
export async function removeMetrics(folders: BackupFolders, id: string): Promise<void> {
  await removeFile(`${folders.prom}/backup${id}.prom`);
  await removeFile(`${folders.state}/runs/backup${id}.json`);
}

/** Removes what is left of all backups but these, and returns which. */
export async function removeOtherMetrics(folders: BackupFolders, keep: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const folder of [folders.prom, `${folders.state}/runs`]) {
    for (const name of await namesIn(folder)) {
      const id = FILE.exec(name)?.[1];
      if (id !== undefined && !keep.includes(id)) found.add(id);
    }
  }
  for (const id of found) await removeMetrics(folders, id);
  return [...found].sort((a, b) => Number(a) - Number(b));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function removeFile(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
