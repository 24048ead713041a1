import { VOUCHING_SOCKET } from "../gateway/paths.ts";

const TIMEOUT_MS = 500;

/** What HAProxy is told: as of `confirmedAt` (milliseconds since 1970) Redis had announced nothing beyond `generation`. */
export type News = { readonly generation: number; readonly confirmedAt: number };

/**
 * Tells HAProxy the news, one after the other, always the newest. Each is true for itself: one that arrives late, or after a
 * newer one, lets nothing remembered live longer than a second after its `confirmedAt`. So one that is lost needs no care either:
 * the next PING brings the next, and until then HAProxy asks.
 */
export class Announcer {
  readonly #news: () => News;
  readonly #tell: (news: News) => Promise<void>;
  #telling: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(news: () => News, tell: (news: News) => Promise<void> = tellHaproxy) {
    this.#news = news;
    this.#tell = tell;
  }

  /** There is something new to tell. Ends when HAProxy has heard it, or could not be told. */
  announce(): Promise<void> {
    // Who waits for its turn takes the newest along.
    return this.#waiting ??= this.#telling.then(() => {
      this.#waiting = undefined;
      // HAProxy starts, or has gone: it remembers nothing then.
      return this.#telling = this.#tell(this.#news()).catch(() => {});
    });
  }
}

/** One request of HTTP/1.0 on a connection of its own: one that is kept would stay with an old worker after a reload. */
async function tellHaproxy({ generation, confirmedAt }: News): Promise<void> {
  using connection = await Deno.connect({ transport: "unix", path: VOUCHING_SOCKET });
  const timer = setTimeout(() => connection.close(), TIMEOUT_MS);
  try {
    await connection.write(new TextEncoder().encode(
      `GET / HTTP/1.0\r\nx-gateway-generation: ${generation}\r\nx-gateway-confirmed: ${confirmedAt}\r\n\r\n`,
    ));
    await connection.read(new Uint8Array(512));
  } finally {
    clearTimeout(timer);
  }
}
