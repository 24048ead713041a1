import { type Redis, redisClient } from "../../gateway/redis/connection.ts";
import { type Leader, leaderAddress } from "../../gateway/redis/leader.ts";

/** The leader's Redis cannot be reached now: what was to be written has to wait. */
export class LeaderAway extends Error {
  override name = "LeaderAway";
}

/** What sends a command to a Redis, as `Redis` does. Throws what it says of it. */
export type Sends = { sendCommand(command: string[]): Promise<unknown> };

const ANSWER_MS = 5000;
/** After it was away, it is not tried again for so long: a run asks dozens of times, and each would wait. */
const PAUSE_MS = 20_000;

/** The leader's Redis for somebody who goes on without it: connected when it is needed, and never waited for for long. */
export class PatientLeader implements Sends, Disposable {
  #redis: Redis | undefined;
  #away: { readonly since: number; readonly error: LeaderAway } | undefined;

  constructor(
    private readonly leader: Leader,
    private readonly login: { readonly user: string; readonly password: string },
  ) {}

  /** Throws {@link LeaderAway}, or what Redis says of the command. */
  async sendCommand(command: string[]): Promise<unknown> {
    const redis = await this.#connected();
    try {
      return await inTime(redis.sendCommand(command));
    } catch (error) {
      // A Redis that answers has said what is wrong; that it is a replica now means that another one leads.
      if (redis.isReady && !(error instanceof Silent) && !/^READONLY /.test((error as Error).message)) {
        throw error;
      }
      throw this.#lost(error as Error);
    }
  }

  [Symbol.dispose](): void {
    if (this.#redis?.isOpen) this.#redis.destroy();
    this.#redis = undefined;
  }

  async #connected(): Promise<Redis> {
    if (this.#redis?.isReady) return this.#redis;
    if (this.#away !== undefined && performance.now() - this.#away.since < PAUSE_MS) throw this.#away.error;
    this[Symbol.dispose]();
    try {
      const redis = redisClient({ address: await leaderAddress(this.leader, this.login), ...this.login }, {
        once: true,
      });
      redis.on("error", () => {/* told by who asked */});
      this.#redis = redis;
      await inTime(redis.connect());
      this.#away = undefined;
      return redis;
    } catch (error) {
      throw this.#lost(error as Error);
    }
  }

  #lost(error: Error): LeaderAway {
    this[Symbol.dispose]();
    const away = new LeaderAway(`the leader's Redis is away (${error.message || "no connection"})`);
    this.#away = { since: performance.now(), error: away };
    return away;
  }
}

class Silent extends Error {}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Silent(`silent for ${ANSWER_MS / 1000} s`)), ANSWER_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    // Once it is late, nobody waits for its end.
    promise.catch(() => {});
  }
}
