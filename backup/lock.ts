/** Where this host's locks are: BACKUP_LOCK_DIR, or below a folder that is root's, unlike /run/lock, where everybody may make one. */
export function lockFolder(env: Readonly<Record<string, string | undefined>>): string {
  return env["BACKUP_LOCK_DIR"] || "/run/rclone-gateway-backup";
}

/**
 * Takes a lock that the kernel frees however this process ends, or undefined where somebody else has it. `name` is a file's in the
 * folder of locks (made where it is not there). The file stays: to remove it would let two have the lock. Throws where the folder
 * is anybody else's: below a folder in which everybody may write, as /run/lock is, it may be somebody's trap.
 */
export async function tryLock(folder: string, name: string): Promise<Disposable | undefined> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o755 });
  const { isDirectory, uid, mode } = await Deno.lstat(folder);
  if (!isDirectory || uid !== Deno.uid() || ((mode ?? 0) & 0o022) !== 0) {
    throw new Error(`Cannot keep locks in ${folder}: it has to be a folder in which nobody else may write`);
  }
  const file = await Deno.open(`${folder}/${name}`, { create: true, write: true, mode: 0o600 });
  try {
    if (await file.tryLock(true)) return { [Symbol.dispose]: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return undefined;
}
