import type { Redis } from "../gateway/redis/connection.ts";

/** What cannot be known at the moment: no connection to Redis that vouches for the facts. */
export class FactsUnavailable extends Error {
  override name = "FactsUnavailable";
}

/** How long an answered PING lets its connection vouch for what was read over it, in milliseconds. */
export const VOUCH_MS = 1000;
const PING_EVERY_MS = 200;
/** Beyond all that a predecessor can have counted to: it made less than a thousand changes in a millisecond. */
const FIRST_GENERATION = Date.now() * 1000;

/**
 * Whether what was read over a connection to Redis is still true.
 *
 * Redis tracks what this connection has read and announces every change of it (CLIENT TRACKING), in order with its
 * replies. So what was read is true until then as long as the connection works; and it works only while a PING on it is
 * answered: one to a stopped Redis, or into a black hole, stays open and silent.
 */
export class Vouching {
  protected readonly client: Redis;
  readonly #now: () => number;
  #vouchedUntil = -Infinity;
  #epoch = 0;
  #generation = FIRST_GENERATION;
  #pinging: ReturnType<typeof setInterval> | undefined;
  #awaitingPong = false;
  #settling: Promise<void> | undefined;
  /** why the last connection was lost or could not be made; undefined while there is one */
  trouble: string | undefined = "not connected yet";
  /** the wall clock's time up to which Redis has vouched for {@link generation}, in milliseconds since 1970 */
  confirmedAt = 0;
  /** called when {@link generation} or {@link confirmedAt} has changed */
  onNews: () => void = () => {};

  constructor(client: Redis, now: () => number = () => performance.now()) {
    this.client = client;
    this.#now = now;
    client.on("invalidate", (key: { toString(): string } | null) => {
      this.forget(key?.toString());
      this.#changed();
    });
    client.on("ready", () => {
      this.#lost();
      void this.#ping();
    });
    client.on("error", (error: Error) => {
      this.trouble = error.message === "" ? error.name : error.message;
      this.#lost();
    });
    client.on("end", () => this.#lost());
    client.on("reconnecting", () => this.#lost());
  }

  /** Starts to connect and goes on trying by itself. */
  start(): void {
    this.client.connect().catch(() => {/* told by the "error" event, tried again by the client */});
    this.#pinging = setInterval(() => void this.#ping(), PING_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#pinging);
    this.#lost();
    this.#destroy();
  }

  /**
   * A number that grows with each change that is heard of. What was read under one generation is true while it stays; no
   * earlier process of this sidecar has used it.
   */
  get generation(): number {
    return this.#generation;
  }

  /** Whether facts can be had at this moment. */
  get vouched(): boolean {
    return this.client.isReady && this.#now() < this.#vouchedUntil;
  }

  /**
   * Returns once every change that Redis made before this call is known: the reply to a PING comes after the
   * announcements. Throws {@link FactsUnavailable}.
   */
  async settled(): Promise<void> {
    if (!this.vouched) {
      throw new FactsUnavailable(`Redis does not answer: ${this.trouble ?? "no reply to PING"}`);
    }
    this.#settling ??= withinVouch(this.client.ping()).then(() => {}).finally(() =>
      this.#settling = undefined
    );
    // One that was under way already was sent before this call: the next one was not.
    await this.#settling;
    this.#settling ??= withinVouch(this.client.ping()).then(() => {}).finally(() =>
      this.#settling = undefined
    );
    await this.#settling;
  }

  /** A change of what was read of this key was announced; undefined: nothing is true any more. */
  protected forget(_key: string | undefined): void {}

  /** Which connection it is: nothing outlives the one it came over. */
  protected get epoch(): number {
    return this.#epoch;
  }

  #lost(): void {
    this.#epoch++;
    this.#vouchedUntil = -Infinity;
    this.forget(undefined);
    this.#changed();
  }

  #changed(): void {
    this.#generation++;
    this.onNews();
  }

  async #ping(): Promise<void> {
    if (!this.client.isReady) return;
    if (this.#awaitingPong) return;
    const epoch = this.#epoch;
    const sent = this.#now();
    const sentAt = Date.now();
    this.#awaitingPong = true;
    try {
      await withinVouch(this.client.ping());
      if (epoch !== this.#epoch) return;
      this.#vouchedUntil = sent + VOUCH_MS;
      this.confirmedAt = sentAt;
      this.trouble = undefined;
      this.onNews();
    } catch (error) {
      if (epoch !== this.#epoch) return;
      this.trouble = `no reply to PING within ${VOUCH_MS} ms`;
      this.#lost();
      // A silent connection is given up, so that a Redis behind a new one is found.
      if (error instanceof FactsUnavailable) this.#reconnect();
    } finally {
      this.#awaitingPong = false;
    }
  }

  #destroy(): void {
    try {
      this.client.destroy();
    } catch { /* already closed */ }
  }

  #reconnect(): void {
    this.#destroy();
    this.client.connect().catch(() => {/* told by the "error" event */});
  }
}

/** The promise's value, or {@link FactsUnavailable} after {@link VOUCH_MS}. */
export async function withinVouch<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new FactsUnavailable(`no reply from Redis within ${VOUCH_MS} ms`)),
      VOUCH_MS,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } catch (error) {
    throw error instanceof FactsUnavailable
      ? error
      : new FactsUnavailable(`Redis refused the question: ${(error as Error).message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
