/** How long requests took, in milliseconds. */
export type Spread = {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly longest: number;
};

export function spread(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, median: at(0.5), p99: at(0.99), longest: at(1) };
}

/** Runs it, and says how long it took, in milliseconds. */
export async function timed(what: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await what();
  return performance.now() - began;
}
