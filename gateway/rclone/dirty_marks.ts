/**
 * Remembers, over kills and power cuts, which destinations had uploads that may have been cut off. A mark is a file
 * in `STATE_DIR/open`: there while servers run, touched while they are seen alive, removed when they ended in order
 * (the supervisor's SIGTERM script removes all of them once HAProxy has drained).
 */
export type DirtyMarks = {
  /** When the destination's rclone was last known to be alive, if it did not end in order. ms since 1970. */
  lastAlive(destination: string): Promise<number | undefined>;
  /** Says that it is alive now. */
  alive(destination: string): Promise<void>;
  /** Says that it ended with nothing in flight. */
  clean(destination: string): Promise<void>;
};

/** Marks below the given folder, which exists. */
export function dirtyMarks(folder: string): DirtyMarks {
  return {
    async lastAlive(destination) {
      try {
        return (await Deno.stat(`${folder}/${destination}`)).mtime?.getTime() ?? 0;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }
    },
    async alive(destination) {
      await Deno.writeTextFile(`${folder}/${destination}`, "", { mode: 0o600 });
      await Deno.utime(`${folder}/${destination}`, new Date(), new Date());
    },
    async clean(destination) {
      await Deno.remove(`${folder}/${destination}`).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    },
  };
}
