/** What is told of a series of figures. */
export type Summary = { readonly median: number; readonly least: number; readonly most: number };

/** Throws for an empty series: there is nothing to tell of it. */
export function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((one, other) => one - other);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) throw new Error("Cannot summarise a series: it is empty");
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? most;
  const lower = sorted[half - 1] ?? least;
  return { median: sorted.length % 2 === 1 ? upper : (lower + upper) / 2, least, most };
}

/**
 * One series over another, round by round: what both were taken in had the same load, so that a slow minute of the
 * machine weighs on both. Throws where they have not the same number of rounds.
 */
export function ratios(values: readonly number[], to: readonly number[]): number[] {
  if (values.length !== to.length) {
    throw new Error(`Cannot compare two series: one has ${values.length} rounds, the other ${to.length}`);
  }
  return values.map((value, round) => value / (to[round] ?? NaN));
}

/**
 * In which order the candidates take their turns, for each round. Every second round is the one before it backwards: over
 * two rounds everybody has been before and after everybody else, and the middle of all turns is the same for all, so that
 * what gets slower or faster with time, and what one leaves behind, is not always the same one's gain.
 */
export function turns<T>(candidates: readonly T[], rounds: number): T[][] {
  return Array.from({ length: rounds }, (_, round) => {
    const first = Math.floor(round / 2) % Math.max(1, candidates.length);
    const turned = [...candidates.slice(first), ...candidates.slice(0, first)];
    return round % 2 === 0 ? turned : turned.reverse();
  });
}
