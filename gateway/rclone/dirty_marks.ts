/**
 * Remembers, over kills and power cuts, which destinations had uploads that may have been cut off. Two folders:
 *
 * - `open/<destination>`: its rclone serves in this life; touched while it is seen alive, removed when it ends in order
 *   (the supervisor's SIGTERM script removes all of them, once HAProxy has drained)
 * - `dirty/<destination>`: one ended otherwise, and what it left torn has not been looked for yet. Only that removes it.
 *
 * The first becomes the second, its time unchanged, when a new life begins: at boot, and when rclone is started again
 * (services/rclone/run).
 */
export type DirtyMarks = {
  /** When an rclone of the destination that did not end in order was last known to be alive. ms since 1970. */
  lastAlive(destination: string): Promise<number | undefined>;
  /** Says that what it left torn has been removed. */
  swept(destination: string): Promise<void>;
  /** Says that its rclone is alive now. */
  alive(destination: string): Promise<void>;
  /** Says that its rclone has ended with nothing in flight. */
  clean(destination: string): Promise<void>;
};

/** Marks below the given folder, `STATE_DIR`, in which both folders exist. */
export function dirtyMarks(folder: string): DirtyMarks {
  const open = (destination: string): string => `${folder}/open/${destination}`;
  const dirty = (destination: string): string => `${folder}/dirty/${destination}`;
  return {
    async lastAlive(destination) {
      try {
        return (await Deno.stat(dirty(destination))).mtime?.getTime() ?? 0;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }
    },
    swept: (destination) => removeIfThere(dirty(destination)),
    async alive(destination) {
      using file = await Deno.open(open(destination), { write: true, create: true, mode: 0o600 });
      await file.utime(new Date(), new Date());
      // A mark that a power cut takes along is no mark.
      await file.sync();
    },
    clean: (destination) => removeIfThere(open(destination)),
  };
}

async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
