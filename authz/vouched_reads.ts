import type { RedisClient } from "../gateway/redis/client.ts";
import { FactsUnavailable, Vouching } from "./vouching.ts";

/** A fact, or the read of it that is under way. A promise that has ended would take more than the fact. */
type Known<T> = { readonly value: T; reading?: undefined } | { readonly reading: Promise<T> };

/**
 * Remembers what was read from Redis for as long as Redis vouches for it ({@link Vouching}).
 *
 * A change that Redis made before {@link read} was called is in what it returns, but for an announcement that is on its way
 * at that moment ({@link settled} waits for it). So who finds a read under way takes its result only if nothing is announced
 * before the replies to two PINGs, the first sent now. Otherwise it takes the next one, begun late enough whatever changes
 * meanwhile: nobody waits for more than three reads, since another may begin before the second PING. A large reply delays the PING behind it: who asks meanwhile waits for that PING, too.
 */
export class VouchedReads extends Vouching {
  readonly #remembered = new Map<string, Map<string, Known<unknown>>>();
  /** why the last read failed, although the connection works; undefined where it did not */
  refusal: string | undefined;

  /**
   * What `load` reads of the Redis key, remembered under `key` and `what` until it changes.
   * Throws {@link FactsUnavailable} where nothing vouches for it.
   */
  async read<T>(key: string, what: string, load: (client: RedisClient) => Promise<T>): Promise<T> {
    if (!this.vouched) await this.untilVouched();
    const { epoch } = this;
    const before = this.#remembered.get(key)?.get(what) as Known<T> | undefined;
    let fact: T;
    try {
      if (before === undefined) fact = await this.answered(this.#begin(key, what, load));
      else if (before.reading === undefined) fact = before.value;
      else {
        // Asked now, and not when that read is done: the first reply comes right after it.
        const settled = this.settled();
        settled.catch(() => {/* thrown below */});
        fact = await this.answered(before.reading);
        await settled;
        const now = this.#remembered.get(key)?.get(what) as Known<T> | undefined;
        if (now === undefined) fact = await this.answered(this.#begin(key, what, load));
        else if (now.reading === undefined) fact = now.value;
        else if (now !== before) fact = await this.answered(now.reading);
      }
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
