import { splitAddress } from "../domain/address.ts";
import { type Each, encodeCommand, RedisError, type Reply, ReplyReader } from "./resp.ts";

type Waiting = {
  readonly each: Each | undefined;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
};

const CONNECT_MS = 2000;
const READ_BYTES = 64 * 1024;

/**
 * One connection to Redis, from when it is open until it is not. `told` gets what Redis tells by itself (RESP 3's pushes).
 * A connection over which nothing came for `silentAfterMs`, although it is sent a PING meanwhile, is given up.
 */
export class RedisStream {
  /** ends with the reason when the connection does */
  readonly closed: Promise<Error>;
  /** when something came last, on the clock of `performance.now()` */
  heardAt = performance.now();
  readonly #connection: Deno.TcpConn;
  readonly #waiting: Waiting[] = [];
  readonly #reader: ReplyReader;
  readonly #ended: (why: Error) => void;
  readonly #watching: ReturnType<typeof setInterval>;
  #unwritten: Uint8Array[] = [];
  #writing = false;
  #why: Error | undefined;

  private constructor(
    connection: Deno.TcpConn,
    told: (message: readonly Reply[]) => void,
    silentAfterMs: number,
  ) {
    this.#connection = connection;
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.closed = promise;
    this.#ended = resolve;
    this.#reader = new ReplyReader({
      each: () => this.#waiting[0]?.each,
      reply: (reply) => {
        const { resolve, reject } = this.#next();
        if (reply instanceof RedisError) reject(reply);
        else resolve(reply);
      },
      push: (message) => {
        // RESP 3 answers this one command with a push only.
        if (message[0] === "subscribe") this.#next().resolve(message);
        else told(message);
      },
    });
    this.#watching = setInterval(() => {
      if (performance.now() - this.heardAt > silentAfterMs) {
        return this.close(new Error(`nothing came for ${silentAfterMs} ms`));
      }
      this.send(["PING"]).catch(() => {/* told by `closed` */});
    }, silentAfterMs / 3);
    void this.#read();
  }

  /** Connects to `host:port`. Throws where nobody answers in time. */
  static async open(
    address: string,
    told: (message: readonly Reply[]) => void,
    silentAfterMs: number,
  ): Promise<RedisStream> {
    const { host, port } = splitAddress(address);
    const signal = AbortSignal.timeout(CONNECT_MS);
    const connection = await Deno.connect({ hostname: host, port, signal }).catch((error) => {
      throw signal.aborted ? new Error(`no connection within ${CONNECT_MS} ms`) : error;
    });
    connection.setNoDelay(true);
    connection.setKeepAlive(true);
    return new RedisStream(connection, told, silentAfterMs);
  }

  /** Sends a command. Its reply; where `each` is given, the elements of its list go there instead. Throws what Redis says. */
  send(command: readonly string[], each?: Each): Promise<Reply> {
    if (this.#why !== undefined) return Promise.reject(this.#why);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ each, resolve, reject });
      this.#unwritten.push(encodeCommand(command));
      if (!this.#writing) void this.#write();
    });
  }

  get over(): boolean {
    return this.#why !== undefined;
  }

  close(why: Error): void {
    if (this.#why !== undefined) return;
    this.#why = why;
    clearInterval(this.#watching);
    this.#connection.close();
    for (const { reject } of this.#waiting.splice(0)) reject(why);
    this.#ended(why);
  }

  #next(): Waiting {
    const next = this.#waiting.shift();
    if (next === undefined) throw new Error("Cannot read Redis's answer: nothing was asked");
    return next;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (;;) {
        const read = await this.#connection.read(buffer);
        if (read === null) throw new Error("Redis has closed the connection");
        this.heardAt = performance.now();
        this.#reader.feed(buffer.subarray(0, read));
      }
    } catch (error) {
      this.close(error as Error);
    }
  }

  /** Everything that is asked in one go is sent in one go. */
  async #write(): Promise<void> {
    this.#writing = true;
    try {
      await Promise.resolve();
      while (this.#unwritten.length > 0) {
        const parts = this.#unwritten;
        this.#unwritten = [];
        for (const part of parts.length === 1 ? parts : [joined(parts)]) {
          for (let at = 0; at < part.length;) at += await this.#connection.write(part.subarray(at));
        }
      }
    } catch (error) {
      this.close(error as Error);
    } finally {
      this.#writing = false;
    }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
