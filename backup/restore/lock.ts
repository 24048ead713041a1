const FOLDER = "/run/lock/rclone-gateway";

/**
 * Takes a lock of this host's, `<folder>/<name>.lock`, or undefined where somebody has it. The kernel frees it, however this
 * process ends. BACKUP_LOCK_DIR in the environment names another folder.
 */
export async function takeLock(name: string): Promise<Disposable | undefined> {
  const folder = Deno.env.get("BACKUP_LOCK_DIR") ?? FOLDER;
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await Deno.open(`${folder}/${name}.lock`, { create: true, write: true, mode: 0o600 });
  if (await file.tryLock(true)) return { [Symbol.dispose]: () => file.close() };
  file.close();
  return undefined;
}
