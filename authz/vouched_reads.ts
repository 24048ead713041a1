import type { Redis } from "../gateway/redis/connection.ts";
import { FactsUnavailable, Vouching, withinVouch } from "./vouching.ts";

/**
 * Remembers what was read from Redis for as long as Redis vouches for it ({@link Vouching}).
 *
 * The client library has such a cache, but it copies the value at each hit, 100,000 lines of `cluster/acls` too,
 * and does not know of the PING. So its announcements are used, and its cache is not.
 */
export class VouchedReads extends Vouching {
  readonly #remembered = new Map<string, Map<string, Promise<unknown>>>();
  /** why the last read failed, although the connection works; undefined where it did not */
  refusal: string | undefined;

  /**
   * What `load` reads of the Redis key, remembered under `key` and `what` until it changes.
   * Throws {@link FactsUnavailable} where nothing vouches for it.
   */
  async read<T>(key: string, what: string, load: (client: Redis) => Promise<T>): Promise<T> {
    if (!this.vouched) {
      throw new FactsUnavailable(`Redis does not answer: ${this.trouble ?? "no reply to PING"}`);
    }
    const epoch = this.epoch;
    let ofKey = this.#remembered.get(key);
    if (ofKey === undefined) this.#remembered.set(key, ofKey = new Map());
    let value = ofKey.get(what) as Promise<T> | undefined;
    if (value === undefined) {
      const loading = load(this.client);
      const keeper = ofKey;
      keeper.set(what, loading);
      // A failed read is not remembered. `keeper` may have been dropped meanwhile; then this does nothing.
      loading.catch(() => keeper.get(what) === loading && keeper.delete(what));
      value = loading;
    }
    let fact: T;
    try {
      fact = await withinVouch(value);
    } catch (error) {
      this.refusal = (error as Error).message;
      throw error;
    }
    this.refusal = undefined;
    if (epoch !== this.epoch || !this.vouched) {
      throw new FactsUnavailable("Redis went away during the question");
    }
    return fact;
  }

  protected override forget(key: string | undefined): void {
    if (key === undefined) this.#remembered.clear();
    else this.#remembered.delete(key);
  }
}
