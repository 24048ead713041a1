const encoder = new TextEncoder();

/** One connection to the gateway that is kept open, as a client's of HTTP/1.1: requests on it come one after the other. */
export class KeptConnection implements Disposable {
  readonly #connection: Deno.TcpConn;
  #rest = "";

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async open(hostname = "127.0.0.1", port = 4694): Promise<KeptConnection> {
    return new KeptConnection(await Deno.connect({ hostname, port }));
  }

  /** Sends a request with these header lines, and reads the answer to its end. Not for HEAD, nor for answers without a length. */
  async ask(
    method: string,
    target: string,
    headers: readonly string[],
    body?: string,
  ): Promise<{ status: number; text: string }> {
    const length = body === undefined ? [] : [`Content-Length: ${encoder.encode(body).length}`];
    const lines = [`${method} ${target} HTTP/1.1`, "Host: gateway", ...headers, ...length];
    await this.#connection.write(encoder.encode(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`));
    let head: RegExpExecArray | null;
    while ((head = /^HTTP\/1\.1 ([0-9]{3})[^]*?\r\n\r\n/.exec(this.#rest)) === null) await this.#more();
    const [whole, status] = head;
    const answered = Number(/\r\ncontent-length: *([0-9]+)/i.exec(whole)?.[1]);
    if (Number.isNaN(answered)) throw new Error(`Cannot read an answer without a length: ${whole}`);
    while (this.#rest.length < whole.length + answered) await this.#more();
    const text = this.#rest.slice(whole.length, whole.length + answered);
    this.#rest = this.#rest.slice(whole.length + answered);
    return { status: Number(status), text };
  }

  async #more(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    const count = await this.#connection.read(buffer);
    if (count === null) throw new Error(`the connection was closed; before that it said ${this.#rest}`);
    for (const byte of buffer.subarray(0, count)) this.#rest += String.fromCharCode(byte);
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
