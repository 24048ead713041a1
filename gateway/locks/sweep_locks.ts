import type { Locks } from "./locks.ts";

/** What the sweeping works with. */
export type Sweep = {
  readonly locks: Pick<Locks, "sweep">;
  /** whether a grant stands, for a lock's owner and `<app type>/<module uuid>` */
  readonly holds: (owner: string, repository: string) => Promise<boolean>;
  readonly log: (message: string) => void;
};

/**
 * Removes the locks of grants that are gone, and says of each whose it was. Never throws: returns why it could not,
 * and says that unless it is what `before` says already.
 */
export async function sweepLocks(
  { locks, holds, log }: Sweep,
  before: string | undefined,
): Promise<string | undefined> {
  try {
    for (const { owner, path } of await locks.sweep(holds)) {
      log(`removed ${owner}'s lock ${path}: it stood on a restore grant that is gone`);
    }
    return undefined;
  } catch (error) {
    const trouble = (error as Error).message;
    if (trouble !== before) {
      log(`Cannot remove the locks of grants that are gone: ${trouble}; tried again every few seconds`);
    }
    return trouble;
  }
}
