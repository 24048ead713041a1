/** What the gateway itself has seen of a repository, beside what Redis holds. */
export type Known = {
  /** who created the lock that is to be deleted; undefined where that is not on record */
  readonly lockOwner: string | undefined;
  /** whether a node's prune is known to run in the repository */
  readonly pruneRunning: boolean;
};

/** Nothing was seen. */
export const NOTHING_KNOWN: Known = { lockOwner: undefined, pruneRunning: false };
