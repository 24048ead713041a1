/** Old workers that are nobody's trouble. */
const FEW = 4;
/** How much longer the next reload waits for each one more, in milliseconds. */
const STEP_MS = 30_000;

/**
 * How long a reload should wait, in milliseconds. Each one leaves the worker before it to end its transfers, and HAProxy
 * ends those that have seen too many (`mworker-max-reloads` in base.cfg): while there are few, none waits; the more
 * there are, the slower they come, so that no transfer meets that many within half an hour.
 */
export function reloadWait(oldWorkers: number, sinceLastMs: number): number {
  return Math.max(0, (oldWorkers - FEW + 1) * STEP_MS - sinceLastMs);
}
