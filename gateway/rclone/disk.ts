/** By this file a disk is known again. It says which destination was served from it first. */
export const DISK_MARK = ".rclone-gateway-disk";

/**
 * The disks of local destinations. A folder whose disk is not mounted looks like an empty disk: to serve it would tell
 * every client that its repository is gone, and the first to make a new one would fill the wrong disk. So a disk carries
 * a mark, and who has seen it there once (`known`, a folder that outlives the container) wants to see it again.
 */
export type Disks = {
  /** Throws where a destination's folder is not the disk it was, or cannot be used, with what to do about it. */
  check(destination: string, folder: string): Promise<void>;
};

export function disks(known: string): Disks {
  return {
    async check(destination, folder) {
      const mark = `${folder}/${DISK_MARK}`;
      const seen = `${known}/${destination}`;
      if (!await exists(mark)) {
        if (await exists(seen)) {
          throw new Error(
            `its disk is not there: ${mark} is missing. Mount it; or, if this is a new disk that is to be used instead, ` +
              `remove ${seen}`,
          );
        }
        if (!await marked(folder, mark, destination)) return;
      }
      if (!await exists(seen)) {
        await Deno.mkdir(known, { recursive: true, mode: 0o700 });
        await Deno.writeTextFile(seen, "", { mode: 0o600 });
      }
    },
  };
}

/** Leaves the mark. One that is mounted for reading only is served as it is: somebody may restore from it. */
async function marked(folder: string, mark: string, destination: string): Promise<boolean> {
  for await (const _ of Deno.readDir(folder)) break; // throws where there is no folder, or none to read
  try {
    await Deno.writeTextFile(mark, `${destination}\n`, { mode: 0o644 });
    return true;
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
