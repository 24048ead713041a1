/** What Redis refused, in its own words. */
export class RedisError extends Error {
  override name = "RedisError";
}

/** A reply of Redis. A map is the list of its fields and values in turn. */
export type Reply = string | number | boolean | null | RedisError | readonly Reply[];

/** Gets one element of a large reply: the bytes from `from` up to `to`, which are its own only during the call. */
export type Each = (bytes: Uint8Array, from: number, to: number) => void;

/** Who gets what was read: replies in the order of the commands, and what Redis tells by itself. */
export type Receiver = {
  reply(reply: Reply): void;
  push(message: readonly Reply[]): void;
  /** who takes the elements of the reply that begins now one by one; undefined: they are collected */
  each(): Each | undefined;
};

type Open = {
  readonly push: boolean;
  left: number;
  readonly items: Reply[];
  readonly each: Each | undefined;
};

const CARRIAGE_RETURN = 13;
/** More than any reply to what is asked here; what promises more is not Redis. */
const MOST = 512 * 1024 * 1024;
const KEPT = 64 * 1024;

const encoder = new TextEncoder();
// A value may begin with what looks like a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A command as Redis reads it: a list of strings. */
export function encodeCommand(words: readonly string[]): Uint8Array {
  const byteLength = (word: string): number => encoder.encode(word).length;
  return encoder.encode(
    `*${words.length}\r\n${words.map((word) => `$${byteLength(word)}\r\n${word}\r\n`).join("")}`,
  );
}

/**
 * Reads RESP 3 (the protocol of Redis; its specification is at redis.io) from a stream that is cut anywhere. Each element is
 * taken as soon as it is whole, so that a large reply is never held as bytes.
 */
export class ReplyReader {
  readonly #receiver: Receiver;
  /** what is not taken yet: the bytes from #start up to #end */
  #bytes = new Uint8Array(KEPT);
  #start = 0;
  #end = 0;
  readonly #open: Open[] = [];

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  /** The next bytes of the stream. Throws where they are not Redis's protocol: nothing can be read after that. */
  feed(chunk: Uint8Array): void {
    this.#append(chunk);
    while (this.#element());
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  #append(chunk: Uint8Array): void {
    const length = this.#end - this.#start;
    if (this.#end + chunk.length > this.#bytes.length) {
      const needed = length + chunk.length;
      const bytes = needed > this.#bytes.length || this.#bytes.length > 4 * Math.max(needed, KEPT)
        ? new Uint8Array(Math.max(KEPT, 2 * needed))
        : this.#bytes;
      bytes.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = bytes;
      this.#start = 0;
      this.#end = length;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Takes one element, and returns whether there was a whole one. */
  #element(): boolean {
    const bytes = this.#bytes;
    const lineEnd = bytes.indexOf(CARRIAGE_RETURN, this.#start + 1);
    if (lineEnd < 0 || lineEnd + 2 > this.#end) return false;
    const type = String.fromCharCode(bytes[this.#start] ?? 0);
    const from = this.#start + 1;
    const after = lineEnd + 2;
    switch (type) {
      case "$":
      case "=":
      case "!": {
        const length = this.#length(from, lineEnd);
        if (length < 0) return this.#take(null, after);
        if (after + length + 2 > this.#end) return false;
        const each = type === "$" ? this.#open.at(-1)?.each : undefined;
        if (each !== undefined) {
          each(bytes, after, after + length);
          return this.#take(undefined, after + length + 2);
        }
        // A verbatim string begins with its format: three letters and a colon.
        const value = decoder.decode(bytes.subarray(type === "=" ? after + 4 : after, after + length));
        return this.#take(type === "!" ? new RedisError(value) : value, after + length + 2);
      }
      case "*":
      case "~":
      case ">":
      case "%": {
        const length = this.#length(from, lineEnd);
        if (length < 0) return this.#take(null, after);
        this.#start = after;
        const each = this.#open.length === 0 && type !== ">" ? this.#receiver.each() : undefined;
        this.#open.push({ push: type === ">", left: type === "%" ? 2 * length : length, items: [], each });
        this.#closeFull();
        return true;
      }
      case ":":
        return this.#take(this.#length(from, lineEnd, -Number.MAX_SAFE_INTEGER), after);
      case "_":
        return this.#take(null, after);
    }
    const text = decoder.decode(bytes.subarray(from, lineEnd));
    if (type === "+" || type === "(") return this.#take(text, after);
    if (type === "-") return this.#take(new RedisError(text), after);
    if (type === "#") return this.#take(text === "t", after);
    if (type === ",") return this.#take(Number(text), after);
    throw new Error("Cannot read Redis's answer: it is not RESP 3");
  }

  /** A whole number between `from` and `to`. */
  #length(from: number, to: number, least = -1): number {
    let value = 0;
    const negative = this.#bytes[from] === 45;
    for (let at = negative ? from + 1 : from; at < to; at++) {
      const digit = (this.#bytes[at] ?? 0) - 48;
      if (digit < 0 || digit > 9) {
        throw new Error("Cannot read Redis's answer: a number has something else in it");
      }
      value = 10 * value + digit;
    }
    if (negative) value = -value;
    if (value < least || (least === -1 && value > MOST)) {
      throw new Error(`Cannot read Redis's answer: a length of ${value}`);
    }
    return value;
  }

  /** Keeps a value in what it belongs to; undefined where somebody has it already. */
  #take(value: Reply | undefined, after: number): true {
    this.#start = after;
    const inside = this.#open.at(-1);
    if (inside === undefined) this.#receiver.reply(value ?? null);
    else {
      if (value !== undefined) inside.items.push(value);
      inside.left--;
      this.#closeFull();
    }
    return true;
  }

  #closeFull(): void {
    for (let last = this.#open.at(-1); last !== undefined && last.left === 0; last = this.#open.at(-1)) {
      this.#open.pop();
      const outer = this.#open.at(-1);
      if (outer !== undefined) {
        outer.items.push(last.items);
        outer.left--;
      } else if (last.push) this.#receiver.push(last.items);
      else this.#receiver.reply(last.items);
    }
  }
}
