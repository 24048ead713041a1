import type { Locks } from "./locks.ts";

/** What the sweeping works with. */
export type Sweep = {
  readonly locks: Pick<Locks, "sweep">;
  /** whether a grant stands, for a lock's owner and `<app type>/<module uuid>` */
  readonly holds: (owner: string, repository: string) => Promise<boolean>;
  readonly log: (message: string) => void;
};

/**
 * Returns what removes the locks of grants that are gone, once in a call, and says of each whose it was. It never throws: it
 * says why it could not, and that once.
 */
export function sweepLocks({ locks, holds, log }: Sweep): () => Promise<void> {
  let told: string | undefined;
  return async () => {
    try {
      for (const { owner, path } of await locks.sweep(holds)) {
        log(`removed ${owner}'s lock ${path}: it stood on a restore grant that is gone`);
      }
      told = undefined;
    } catch (error) {
      const trouble = (error as Error).message;
      if (trouble !== told) {
        log(`Cannot remove the locks of grants that are gone: ${trouble}; tried again every few seconds`);
      }
      told = trouble;
    }
  };
}
