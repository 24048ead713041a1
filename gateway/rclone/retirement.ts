/**
 * Knows when what an earlier configuration of HAProxy names can end: once no worker is left that has it. `applied` is
 * told of each configuration, in order.
 */
export class Retirement {
  #applied = 0;
  #current: ReadonlySet<string> = new Set();
  /** name -> the configuration that was the first without it */
  readonly #since = new Map<string, number>();

  /** Says that HAProxy runs with a configuration that names these. */
  applied(names: Iterable<string>): void {
    this.#applied++;
    const next = new Set(names);
    for (const name of this.#current) if (!next.has(name)) this.#since.set(name, this.#applied);
    for (const name of next) this.#since.delete(name);
    this.#current = next;
  }

  /**
   * What has to stay. `oldWorkers` is, for each worker that still runs on an earlier configuration, how many reloads it
   * has seen since it was started.
   */
  keep(oldWorkers: readonly number[]): ReadonlySet<string> {
    const oldest = this.#applied - Math.max(0, ...oldWorkers);
    for (const [name, since] of this.#since) if (since <= oldest) this.#since.delete(name);
    return new Set([...this.#current, ...this.#since.keys()]);
  }
}
