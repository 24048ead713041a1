import type { Locks } from "./locks.ts";

/** What the sweeping works with. */
export type Sweep = {
  readonly locks: Pick<Locks, "sweep">;
  /** whether a grant stands, for a lock's owner and `<app type>/<module uuid>` */
  readonly holds: (owner: string, repository: string) => Promise<boolean>;
  readonly log: (message: string) => void;
};

/** Removes the locks of grants that are gone, and says of each whose it was. Never throws. */
export async function sweepLocks({ locks, holds, log }: Sweep): Promise<void> {
  try {
    for (const { owner, path } of await locks.sweep(holds)) {
      log(`removed ${owner}'s lock ${path}: it stood on a restore grant that is gone`);
    }
  } catch (error) {
    log(`Cannot remove the locks of grants that are gone: ${(error as Error).message}; tried again`);
  }
}
