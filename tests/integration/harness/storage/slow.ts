import type { Address } from "./place.ts";

/** What a test can change at any time; 0 is no delay. */
export type Delays = {
  /** before the first byte of each answer, in milliseconds */
  firstByteMs: number;
  /** before the last byte of the answer to an upload, in milliseconds */
  uploadEndMs: number;
};

/** A proxy in front of a storage, as slow as a test wants it. */
export type Slow = AsyncDisposable & Address & {
  readonly delays: Delays;
  /** how many connections were made so far */
  readonly connections: number;
  /** how many answers are being held at the moment */
  readonly held: number;
};

/** Who has sent this much since the last answer is uploading: a question is smaller in every protocol. */
const UPLOAD_BYTES = 64 * 1024;

/**
 * A TCP proxy. It knows no protocol: an answer is what the server sends after the client has sent something, up to when
 * the client sends again. What the server says first of all (the greetings of SSH and FTP) answers nothing and is not
 * delayed.
 */
export function startSlow(behind: Address, delays: Partial<Delays> = {}): Slow {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const current: Delays = { firstByteMs: 0, uploadEndMs: 0, ...delays };
  const held = { count: 0 };
  const end = new AbortController();
  const running: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const client of listener) {
      running.push(forward(client, behind, current, held, end.signal));
    }
  })();
  return {
    host: "127.0.0.1",
    port: listener.addr.port,
    delays: current,
    get connections() {
      return running.length;
    },
    get held() {
      return held.count;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      end.abort();
      await accepting;
      await Promise.all(running);
    },
  };
}

/** Carries one connection to its end, whatever it is. Never throws: to the two ends a broken proxy is a closed connection. */
async function forward(
  client: Deno.Conn,
  behind: Address,
  delays: Delays,
  held: { count: number },
  end: AbortSignal,
): Promise<void> {
  const hold = async (ms: number): Promise<void> => {
    held.count++;
    await pause(ms, end).finally(() => held.count--);
  };
  using _client = closing(client, end);
  try {
    const connection = await Deno.connect({ hostname: behind.host, port: behind.port });
    using _server = closing(connection, end);
    let sent = 0;
    let answering = false;
    const upwards = pump(client, connection, async (bytes) => {
      if (answering) [answering, sent] = [false, 0];
      sent += bytes.length;
      await writeAll(connection, bytes);
    });
    const downwards = pump(connection, client, async (bytes) => {
      if (!answering && sent > 0) {
        answering = true;
        await hold(delays.firstByteMs);
      }
      const last = sent > UPLOAD_BYTES && delays.uploadEndMs > 0 ? 1 : 0;
      await writeAll(client, bytes.subarray(0, bytes.length - last));
      if (last === 0) return;
      await hold(delays.uploadEndMs);
      await writeAll(client, bytes.subarray(-last));
    });
    // Where one direction breaks, both ends.
    await Promise.race([Promise.all([upwards, downwards]), broken(upwards), broken(downwards)]);
    connection.close();
    client.close();
    await Promise.allSettled([upwards, downwards]);
  } catch {
    // The storage is not there, or one of the two ends has gone: both are closed, and that is all a proxy can say.
  }
}

/** Never resolves; rejects with the other. */
function broken(direction: Promise<void>): Promise<never> {
  return direction.then(() => new Promise<never>(() => {}));
}

async function pump(
  from: Deno.Conn,
  to: Deno.Conn,
  pass: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await from.read(buffer);
    if (count === null) return await to.closeWrite();
    await pass(buffer.subarray(0, count));
  }
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await to.write(bytes.subarray(written));
}

/** Rejects when everything is to end. */
function pause(ms: number, end: AbortSignal): Promise<void> {
  if (ms === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(end.reason);
    };
    const timer = setTimeout(() => {
      end.removeEventListener("abort", stop);
      resolve();
    }, ms);
    end.addEventListener("abort", stop, { once: true });
    if (end.aborted) stop();
  });
}

/** Closes a connection at the end of its scope, or when everything is to end; once. */
function closing(connection: Deno.Conn, end: AbortSignal): Disposable {
  const close = (): void => {
    end.removeEventListener("abort", close);
    try {
      connection.close();
    } catch {
      // It is closed already.
    }
  };
  end.addEventListener("abort", close);
  if (end.aborted) close();
  return { [Symbol.dispose]: close };
}
