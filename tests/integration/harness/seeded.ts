/** Random choices that the same seed makes again: the seed of a run that failed is in its output. */
export type Seeded = {
  readonly seed: number;
  /** from 0 up to, but not including, 1 */
  next(): number;
  /** whether something happens that has this probability */
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
};

/** Takes the seed from the variable SEED, or a new one; and prints it. */
export function seeded(): Seeded {
  const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`SEED=${seed} repeats these choices`);
  let state = seed >>> 0;
  // A linear congruential generator (Numerical Recipes' constants); its high bits are random enough for choices.
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    seed,
    next,
    chance: (probability) => next() < probability,
    pick<T>(from: readonly T[]): T {
      const one = from[Math.floor(next() * from.length)];
      if (one === undefined) throw new Error("nothing to pick from");
      return one;
    },
  };
}
