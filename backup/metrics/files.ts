/** Where a node keeps what it knows of its backups, and where node_exporter looks. */
export type BackupFolders = { readonly state: string; readonly prom: string };

/** The folders from the environment (BACKUP_STATE_DIR, BACKUP_PROM_DIR), or where they are on a host. */
export function backupFolders(env: Readonly<Record<string, string | undefined>>): BackupFolders {
  return {
    state: env["BACKUP_STATE_DIR"] || "/var/lib/rclone-gateway/backup",
    prom: env["BACKUP_PROM_DIR"] || "/var/lib/rclone-gateway/node_exporter",
  };
}

const FILE = /^backup([1-9][0-9]{0,8})\.prom$/;

/** Removes what is left of all backups but these, and returns which. */
export async function removeOtherMetrics(
  { prom }: BackupFolders,
  keep: readonly string[],
): Promise<string[]> {
  const removed: string[] = [];
  try {
    for await (const { name } of Deno.readDir(prom)) {
      const id = FILE.exec(name)?.[1];
      if (id === undefined || keep.includes(id)) continue;
      await Deno.remove(`${prom}/${name}`);
      removed.push(id);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return removed.sort((a, b) => Number(a) - Number(b));
}
