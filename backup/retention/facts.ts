/** What retention knows of a repository from its last runs and from the operator. Times are in seconds since 1970, 0 for never. */
export type RetentionFacts = {
  /** when it was pruned */
  readonly pruned: number;
  /** when an operator said that everything was as it should be */
  readonly released: number;
  /** when a run has last looked at the repository */
  readonly looked: number;
  /** how many unrecorded snapshots there were when nothing was wrong with their number; undefined before the first time */
  readonly unrecorded: number | undefined;
};

/** From the hash of the repository's facts; what is no number, or a time that has not come yet, is as if it were not there. */
export function parseRetentionFacts(facts: Readonly<Record<string, string>>, now: number): RetentionFacts {
  const number = (text: string | undefined): number | undefined =>
    text !== undefined && /^[0-9]{1,12}$/.test(text) ? Number(text) : undefined;
  const time = (text: string | undefined): number => {
    const found = number(text) ?? 0;
    return found <= now ? found : 0;
  };
  return {
    pruned: time(facts["pruned"]),
    released: time(facts["released"]),
    unrecorded: number(facts["unrecorded"]),
    looked: time(facts["looked"]),
  };
}

/**
 * What an operator's word writes into a repository's facts: all that is recorded up to now is as it should be, and whatever is missing
 * was meant to go. The next run goes on, and judges what comes by what there is now.
 */
export function release(now: number): Record<string, string> {
  return { released: String(Math.floor(now)), held: "" };
}
