/**
 * Stands in the sidecar's place in a gateway under test, and answers every question with garbage: which is said by the
 * first two digits of the object's name that the question is about. Mounted over the sidecar's bundle.
 */
const socket = Deno.env.get("AUTHZ_SOCKET") ?? "";
await Deno.remove(socket).catch(() => {/* no predecessor left one */});

/** @type {(id: string, more?: string) => string} */
const yes = (id, more = "") =>
  `HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-gateway-id: ${id}\r\nx-gateway-verdict: yes\r\n${more}\r\n`;
/** @type {(destination: string) => string} */
const whereTo = (destination) =>
  `x-gateway-lookup: no\r\nx-gateway-identity: node/1\r\nx-gateway-reason: node\r\n` +
  `x-gateway-destination: ${destination}\r\nx-gateway-server: `;

/**
 * What is answered to the question with this id about this destination; undefined: nothing, for ever.
 * @type {Readonly<Record<string, (id: string, destination: string) => string | undefined>>}
 */
const ANSWERS = {
  "00": () => "\x00\xff\x01 this is not HTTP \r\n\r\n",
  "01": () => "",
  "02": () => "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
  "03": (_, destination) => yes("another-question", `${whereTo(destination)}rest-full\r\n`),
  "04": (id) => yes(id),
  "05": (id, destination) => yes(id, `${whereTo(destination)}rest-full\r\n`).replace("200 OK", "500 No"),
  "06": (id, destination) => yes(id, `${whereTo(destination)}rest-full\r\n`).replace(": yes", ": YES"),
  "07": (id, destination) => yes(id, `${whereTo(destination)}\r\n`),
  "08": (id, destination) => yes(id, `${whereTo(destination)}nonsense\r\n`),
  "09": (id, destination) =>
    yes(id, `x-junk: ${"x".repeat(100_000)}\r\n${whereTo(destination)}rest-full\r\n`),
  "0a": (id, destination) => yes(id, `${whereTo(destination)}rest-full\r\n`).replace(": yes", ": no"),
  "0b": () => undefined,
  "0c": (id, destination) => yes(id, `${whereTo(destination)}rest-full`).slice(0, 90),
  // Said to be the last one on its connection: the next question does not meet the end of it.
  "0d": (id) => yes(id, `connection: close\r\n${whereTo("../../etc")}rest-full\r\n`),
  "0e": (id, destination) =>
    yes(id, `${whereTo(destination)}rest-full\r\n`).replace("HTTP/1.1 200 OK", "HTTP/9.9 99999"),
};

for await (const connection of Deno.listen({ transport: "unix", path: socket })) {
  void answerAll(connection).catch(() => {/* HAProxy has closed it */});
}

/** @type {(connection: Deno.Conn) => Promise<void>} */
async function answerAll(connection) {
  const buffer = new Uint8Array(65_536);
  for (let read = await connection.read(buffer); read !== null; read = await connection.read(buffer)) {
    const question = new TextDecoder().decode(buffer.subarray(0, read));
    const id = /^x-gateway-id: (.*)\r$/m.exec(question)?.[1] ?? "";
    const [, destination = "", kind = ""] =
      /^x-gateway-target: \/([^/]+)\/.*\/([0-9a-f]{2})[0-9a-f]{62}\r$/m.exec(question) ?? [];
    // The controller's question is none about a request: without an answer no destination would be served.
    const answer = /^GET [^ ]*\/nodes /.test(question)
      ? 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n["1"]'
      : ANSWERS[kind]?.(id, destination);
    if (answer === undefined) continue;
    await connection.write(new TextEncoder().encode(answer));
    connection.close();
    return;
  }
}
