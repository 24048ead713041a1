import { basic, type TestIdentity } from "./cluster.ts";
import { REST } from "./request.ts";

/**
 * Uploads over a raw connection, `bytesPerSecond` at most, as a client behind a slow line does. Returns the answer's
 * status; throws where the gateway closes the connection without one.
 */
export async function pacedUpload(url: string, options: {
  as: TestIdentity;
  body: Uint8Array;
  bytesPerSecond: number;
  /** for https */
  caCerts?: string[];
}): Promise<number> {
  const { as, body, bytesPerSecond, caCerts } = options;
  const { hostname, port, pathname } = new URL(url);
  const to = { hostname, port: Number(port) };
  using connection = caCerts === undefined
    ? await Deno.connect(to)
    : await Deno.connectTls({ ...to, caCerts });
  const answer = readStatus(connection);
  // Where sending fails first: what the gateway has answered says why.
  const sent = send(
    connection,
    new TextEncoder().encode(
      `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: ${basic(as)}\r\n` +
        `Accept: ${REST}\r\nContent-Type: application/octet-stream\r\nContent-Length: ${body.length}\r\n\r\n`,
    ),
    body,
    bytesPerSecond,
  );
  const [status] = await Promise.allSettled([answer, Promise.race([sent, answer])]);
  if (status.status === "rejected") throw status.reason;
  return status.value;
}

async function send(
  to: Deno.Conn,
  head: Uint8Array,
  body: Uint8Array,
  bytesPerSecond: number,
): Promise<void> {
  await writeAll(to, head);
  const began = performance.now();
  const piece = Math.ceil(bytesPerSecond / 2);
  for (let from = 0; from < body.length; from += piece) {
    await writeAll(to, body.subarray(from, from + piece));
    const due = began + (from + piece) / bytesPerSecond * 1000;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
  }
}

/** All of it, however often that takes. */
export async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await to.write(bytes.subarray(written));
}

/** The status of the first answer; what follows it is not read. */
async function readStatus(from: Deno.Conn): Promise<number> {
  let text = "";
  const buffer = new Uint8Array(4096);
  while (!text.includes("\r\n\r\n")) {
    const count = await from.read(buffer);
    if (count === null) throw new Error(`The gateway closed the connection after ${JSON.stringify(text)}`);
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return Number(/^HTTP\/1\.1 ([0-9]{3}) /.exec(text)?.[1]);
}
