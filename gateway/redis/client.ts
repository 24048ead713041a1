import type { RedisLogin } from "./connection.ts";
import { type Each, RedisError, type Reply } from "./resp.ts";
import { RedisStream } from "./stream.ts";

type Events = {
  /** the connection is there (again) */
  ready: () => void;
  /** it was lost, or an attempt failed */
  error: (error: Error) => void;
  reconnecting: () => void;
  end: () => void;
  /** a key that was read has changed; null: any may have */
  invalidate: (key: string | null) => void;
};

/** What reads single keys: this client, and the one of connection.ts. */
export type RedisReads = {
  get(key: string): Promise<string | null>;
  hGet(key: string, field: string): Promise<string | null>;
  hGetAll(key: string): Promise<Record<string, string>>;
};

/**
 * The client of what runs all the time: connects again by itself, after 20 ms at first and after 500 ms at most; not with
 * `once`. Commands fail at once while there is no connection: nobody here wants an answer from later. `trackReads` asks Redis
 * to announce every change to what was read. About `silentAfterMs` see {@link RedisStream}.
 *
 * Commands and tests use `@redis/client` (connection.ts). Here it would be most of a process's own memory: 30 MiB.
 */
export class RedisClient implements RedisReads {
  readonly #login: RedisLogin;
  readonly #options: { trackReads?: boolean; once?: boolean; silentAfterMs?: number };
  readonly #listeners: { [Name in keyof Events]: Events[Name][] } = {
    ready: [],
    error: [],
    reconnecting: [],
    end: [],
    invalidate: [],
  };
  readonly #channels = new Map<string, () => void>();
  #stream: RedisStream | undefined;
  /** what ends the loop of connecting: another value than it began with */
  #turn = 0;

  constructor(
    login: RedisLogin,
    options: { trackReads?: boolean; once?: boolean; silentAfterMs?: number } = {},
  ) {
    this.#login = login;
    this.#options = options;
  }

  on<Name extends keyof Events>(event: Name, listener: Events[Name]): void {
    this.#listeners[event].push(listener);
  }

  get isReady(): boolean {
    return this.#stream !== undefined && !this.#stream.over;
  }

  /** When something came last over the present connection, on the clock of `performance.now()`. */
  get heardAt(): number {
    return this.#stream?.heardAt ?? -Infinity;
  }

  /** Ends with the first connection; goes on connecting until {@link destroy}. Throws with `once`, if it fails. */
  async connect(): Promise<void> {
    const turn = ++this.#turn;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    void this.#keepConnected(turn, resolve, reject);
    await promise;
  }

  destroy(): void {
    this.#turn++;
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.close(new Error("the connection was closed here"));
    this.#emit("end");
  }

  /** Sends a command. Throws what Redis says of it, and where there is no connection. */
  send(...command: string[]): Promise<Reply> {
    return this.#stream?.send(command) ?? Promise.reject(new Error("there is no connection to Redis"));
  }

  /** Sends a command whose reply is a large list or map: `each` gets it bit by bit, and it is never there as a whole. */
  async each(command: readonly string[], each: Each): Promise<void> {
    await (this.#stream?.send(command, each) ?? Promise.reject(new Error("there is no connection to Redis")));
  }

  ping(): Promise<Reply> {
    return this.send("PING");
  }

  async get(key: string): Promise<string | null> {
    return await this.send("GET", key) as string | null;
  }

  async hGet(key: string, field: string): Promise<string | null> {
    return await this.send("HGET", key, field) as string | null;
  }

  async hGetAll(key: string): Promise<Record<string, string>> {
    const flat = await this.send("HGETALL", key) as string[];
    const entries = Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at], flat[2 * at + 1]]);
    return Object.fromEntries(entries);
  }

  /** Milliseconds that each field has left; -1: no end, -2: no such field. */
  async hpTTL(key: string, fields: readonly string[]): Promise<(number | null)[]> {
    return await this.send("HPTTL", key, "FIELDS", String(fields.length), ...fields) as (number | null)[];
  }

  /** Listens to a channel, over this connection. Throws where this user may not. */
  async subscribe(channel: string, listener: () => void): Promise<void> {
    this.#channels.set(channel, listener);
    await this.send("SUBSCRIBE", channel);
  }

  async #keepConnected(
    turn: number,
    resolve: () => void,
    reject: (error: Error) => void,
  ): Promise<void> {
    for (let attempt = 0; turn === this.#turn; attempt++) {
      const error = await this.#untilLost(turn, () => {
        attempt = 0;
        resolve();
      });
      if (turn !== this.#turn) return;
      this.#emit("error", error);
      if (this.#options.once) {
        this.#turn++;
        return reject(error);
      }
      this.#emit("reconnecting");
      await new Promise((resolve) => setTimeout(resolve, Math.min(20 * 2 ** Math.min(attempt, 10), 500)));
    }
  }

  /** Connects, and returns why that failed, or why the connection was lost. */
  async #untilLost(turn: number, ready: () => void): Promise<Error> {
    const { user, password, address } = this.#login;
    let stream: RedisStream | undefined;
    try {
      stream = await RedisStream.open(
        address,
        (message) => this.#told(message),
        this.#options.silentAfterMs ?? 15_000,
      );
      await stream.send(["HELLO", "3", "AUTH", user, password]).catch((error) => {
        // Of a command that it does not know, Redis repeats all words, the password, too.
        const repeats = error instanceof RedisError && error.message.startsWith("ERR ");
        throw repeats ? new RedisError("HELLO 3 is refused: Redis 6 or newer has it") : error;
      });
      if (this.#options.trackReads) await stream.send(["CLIENT", "TRACKING", "ON"]);
      if (turn !== this.#turn) throw new Error("the connection was closed here");
      this.#stream = stream;
      ready();
      this.#emit("ready");
      return await stream.closed;
    } catch (error) {
      stream?.close(error as Error);
      return error as Error;
    } finally {
      if (this.#stream === stream) this.#stream = undefined;
    }
  }

  #told([what, about]: readonly Reply[]): void {
    if (what === "invalidate") {
      if (!Array.isArray(about)) return this.#emit("invalidate", null);
      for (const key of about) this.#emit("invalidate", String(key));
    } else if (what === "message") this.#channels.get(String(about))?.();
  }

  #emit<Name extends keyof Events>(event: Name, ...argument: Parameters<Events[Name]>): void {
    for (const listener of this.#listeners[event]) {
      (listener as (...argument: Parameters<Events[Name]>) => void)(...argument);
    }
  }
}
