/** What a wrong secret leads to. */
export type Attempt =
  | { readonly kind: "counted"; readonly pauseMs: number }
  /** more than {@link MOST} within {@link WINDOW_MS}; `retryAfter` in seconds */
  | { readonly kind: "too-many"; readonly pauseMs: number; readonly retryAfter: number };

export const MOST = 30;
export const WINDOW_MS = 5 * 60_000;
const LONGEST_PAUSE_MS = 1000;
const PAUSE_STEP_MS = 40;
/** Bounds the memory: the pair that has been quiet for longest is forgotten first. */
const MOST_PAIRS = 10_000;

/**
 * Counts wrong secrets for each pair of address and user. Only wrong ones come here: a right secret is never refused
 * because of somebody's failures, from the same address neither, since all modules of a node share loopback.
 */
export class Attempts {
  readonly #failures = new Map<string, number[]>();

  /** `now`: milliseconds on a clock that only goes forward. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  failed(address: string, user: string): Attempt {
    const now = this.now();
    const pair = `${address} ${user}`;
    const recent = (this.#failures.get(pair) ?? []).filter((time) => now - time < WINDOW_MS);
    const [oldest = now] = recent;
    const tooMany = recent.length >= MOST;
    // While it is too many, further ones do not extend it: it ends when the window has passed.
    if (!tooMany) recent.push(now);
    this.#failures.delete(pair);
    this.#failures.set(pair, recent);
    if (this.#failures.size > MOST_PAIRS) {
      for (const quietest of this.#failures.keys()) {
        this.#failures.delete(quietest);
        break;
      }
    }
    const pauseMs = Math.min(recent.length * PAUSE_STEP_MS, LONGEST_PAUSE_MS);
    return tooMany
      ? { kind: "too-many", pauseMs, retryAfter: Math.max(1, Math.ceil((oldest + WINDOW_MS - now) / 1000)) }
      : { kind: "counted", pauseMs };
  }
}
