import type { RedisClient } from "../gateway/redis/client.ts";
import { within } from "../gateway/within.ts";

/** What cannot be known at the moment: no connection to Redis that vouches for the facts. */
export class FactsUnavailable extends Error {
  override name = "FactsUnavailable";
}

/** How long an answered PING lets its connection vouch for what was read over it, in milliseconds. */
export const VOUCH_MS = 1000;
const PING_EVERY_MS = 200;
/** How often {@link VOUCH_MS} may pass while a reply is still coming in. HAProxy waits as long (authz.lua). */
const MOST_ROUNDS = 5;
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
  protected readonly client: RedisClient;
  readonly #now: () => number;
  #vouchedUntil = -Infinity;
  #epoch = 0;
  #generation = FIRST_GENERATION;
  #pinging: ReturnType<typeof setInterval> | undefined;
  #awaitingPong: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  #settlingNext: Promise<void> | undefined;
  /** why the last connection was lost or could not be made; undefined while there is one */
  trouble: string | undefined = "not connected yet";
  /** the wall clock's time up to which Redis has vouched for {@link generation}, in milliseconds since 1970 */
  confirmedAt = 0;
  /** called when {@link generation} or {@link confirmedAt} has changed */
  onNews: () => void = () => {};

  constructor(client: RedisClient, now: () => number = () => performance.now()) {
    this.client = client;
    this.#now = now;
    client.on("invalidate", (key) => {
      this.forget(key ?? undefined);
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

  /** Starts to connect, and goes on trying. */
  start(): void {
    this.client.connect().catch(() => {/* told by the "error" event, tried again by the client */});
    this.#pinging = setInterval(() => void this.#ping(), PING_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#pinging);
    this.#lost();
    this.#destroy();
  }

  /** Whether facts can be had at this moment. */
  get vouched(): boolean {
    return this.client.isReady && this.#now() < this.#vouchedUntil;
  }

  /**
   * A number that grows with each change that is heard of. What was read under one generation is true while it stays; no
   * earlier process of this sidecar has used it.
   */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Returns once every change that Redis had made before this call is known: the reply to a PING comes after the
   * announcements. Throws {@link FactsUnavailable}.
   */
  async settled(): Promise<void> {
    await this.untilVouched();
    // A PING that is under way was sent before this call. All who come meanwhile share the one after it.
    await (this.#settling === undefined ? this.#settle() : this.#settlingNext ??= this.#settling.then(
      () => this.#settle(),
      () => this.#settle(),
    ));
  }

  /** Something else than Redis's facts has changed what is decided: what was decided under the generation before is over. */
  renew(): void {
    this.#changed();
  }

  /** A change of what was read of this key was announced; undefined: nothing is true any more. */
  protected forget(_key: string | undefined): void {}

  /** Which connection it is: nothing outlives the one it came over. */
  protected get epoch(): number {
    return this.#epoch;
  }

  /** Returns once a PING that is under way, or sent now, vouches. Throws {@link FactsUnavailable} where Redis is silent. */
  protected async untilVouched(): Promise<void> {
    // An answer that came in too late vouches for nothing any more: the next one does.
    for (let round = 0; round < 2 && !this.vouched && this.#heard; round++) await this.#ping();
    if (!this.vouched) {
      throw new FactsUnavailable(`Redis does not answer: ${this.trouble ?? "no reply to PING"}`);
    }
  }

  /** What Redis answers, or {@link FactsUnavailable} where it refuses, or nothing comes for {@link VOUCH_MS}. */
  protected async answered<T>(answer: Promise<T>): Promise<T> {
    let wait = VOUCH_MS;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const answered = await within(answer, wait).catch((cause) => {
        throw new FactsUnavailable(`Redis refused the question: ${cause.message}`, { cause });
      });
      if (answered !== undefined) return answered.value;
      // Something else comes in meanwhile: the rest of what was asked before.
      if (!this.#heard) break;
      wait = VOUCH_MS - (this.#now() - this.client.heardAt);
    }
    throw new FactsUnavailable(`no reply from Redis within ${VOUCH_MS} ms`);
  }

  /** Whether Redis sends something, be it a part of a large reply. */
  get #heard(): boolean {
    return this.client.isReady && this.#now() - this.client.heardAt < VOUCH_MS;
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

  #ping(): Promise<void> {
    if (!this.client.isReady) return Promise.resolve();
    return this.#awaitingPong ??= this.#pong().finally(() => this.#awaitingPong = undefined);
  }

  async #pong(): Promise<void> {
    const epoch = this.#epoch;
    const sent = this.#now();
    const sentAt = Date.now();
    try {
      await this.answered(this.client.ping());
      if (epoch !== this.#epoch) return;
      this.#vouchedUntil = sent + VOUCH_MS;
      this.confirmedAt = sentAt;
      this.trouble = undefined;
      this.onNews();
    } catch (error) {
      // The connection was lost, and the client tells why, or has told.
      if (epoch !== this.#epoch || !this.client.isReady) return;
      this.trouble = this.#heard ? (error as Error).message : `no reply to PING within ${VOUCH_MS} ms`;
      this.#lost();
      // It speaks, if only to refuse (LOADING, MASTERDOWN) or with the rest of a large reply: the next PING asks again.
      if (this.#heard) return;
      // A silent connection is given up, so that a Redis behind a new one is found.
      this.#destroy();
      this.client.connect().catch(() => {/* told by the "error" event */});
    }
  }

  #settle(): Promise<void> {
    this.#settlingNext = undefined;
    return this.#settling = this.answered(this.client.ping().then(() => {})).finally(() =>
      this.#settling = undefined
    );
  }

  #destroy(): void {
    try {
      this.client.destroy();
    } catch { /* already closed */ }
  }
}
