import type { RedisClient } from "../gateway/redis/client.ts";
import { FactsUnavailable, Vouching } from "./vouching.ts";

/** A fact, or the read of it that is under way. A promise that has ended would take more than the fact. */
type Known<T> = { readonly value: T; reading?: undefined } | { readonly reading: Promise<T> };

/**
 * Remembers what was read from Redis for as long as Redis vouches for it ({@link Vouching}).
 *
 * Every change that Redis had made when {@link settled} was called is in what is read after it: what was announced before the
 * reply to that PING is forgotten, and a read that is still under way then was sent after the PING. Since one read of a fact
 * is under way at most, nobody waits for more than two: the one that the PING's reply comes behind, and the next.
 */
export class VouchedReads extends Vouching {
  readonly #remembered = new Map<string, Map<string, Known<unknown>>>();
  /** why the last read failed, although the connection works; undefined where it did not */
  refusal: string | undefined;

  /**
   * What `load` reads of the Redis key, remembered under `key` and `what` until it changes. `load` sends all that it asks at
   * once. Throws {@link FactsUnavailable} where nothing vouches for it.
   */
  async read<T>(key: string, what: string, load: (client: RedisClient) => Promise<T>): Promise<T> {
    if (!this.vouched) await this.untilVouched();
    const { epoch } = this;
    const known = this.#remembered.get(key)?.get(what) as Known<T> | undefined;
    let fact: T;
    try {
      if (known === undefined) fact = await this.answered(this.#begin(key, what, load));
      else fact = known.reading === undefined ? known.value : await this.answered(known.reading);
    } catch (error) {
      this.refusal = (error as Error).message;
      throw error;
    }
    this.refusal = undefined;
    if (epoch === this.epoch && !this.vouched) await this.untilVouched();
    if (epoch !== this.epoch) throw new FactsUnavailable("Redis went away during the question");
    return fact;
  }

  protected override forget(key: string | undefined): void {
    if (key === undefined) this.#remembered.clear();
    else this.#remembered.delete(key);
  }

  #begin<T>(key: string, what: string, load: (client: RedisClient) => Promise<T>): Promise<T> {
    let ofKey = this.#remembered.get(key);
    if (ofKey === undefined) this.#remembered.set(key, ofKey = new Map());
    const keeper = ofKey;
    const reading = load(this.client);
    const known: Known<T> = { reading };
    keeper.set(what, known);
    // Both do nothing where another has come in between. If `keeper` was dropped meanwhile, nobody sees what they do.
    reading.then(
      (value) => keeper.get(what) === known && keeper.set(what, { value }),
      // A failed read is not remembered.
      () => keeper.get(what) === known && keeper.delete(what),
    );
    return reading;
  }
}
