import { type Account, parseAclLine } from "./acl_line.ts";
import { hash, hexInto, is } from "./bytes.ts";

/** A record in #pool: on or not, length of the name, number of digests; then the name and the digests themselves. */
const HEAD = 9;
const DIGEST = 32;

/**
 * Every user of `cluster/acls`, packed: about 60 bytes for each where objects would need 400, since a cluster may have
 * 100,000. The lines are kept one by one, found over a table of their names' hashes, and put together when a user is asked
 * for. A user with several lines holds the digests of all of them, unless one of them says `off`: then it is disabled.
 */
export class Accounts {
  #pool: Uint8Array<ArrayBuffer>;
  #used = 0;
  /** where in #pool a line is, plus one, at its name's hash or after; 0: free */
  #slots: Uint32Array<ArrayBuffer>;
  #lines = 0;

  /** With as much room as one before needed, so that it need not be found out again. */
  constructor(room: { readonly bytes: number; readonly slots: number } = { bytes: 4096, slots: 64 }) {
    this.#pool = new Uint8Array(room.bytes);
    this.#slots = new Uint32Array(room.slots);
  }

  /** What another one of the same size needs, and a little more. */
  get room(): { readonly bytes: number; readonly slots: number } {
    return { bytes: this.#used + 4096, slots: this.#slots.length };
  }

  /** Whether there is no user at all. */
  get empty(): boolean {
    return this.#lines === 0;
  }

  /** Takes a line, the bytes from `from` up to `to`; what it means, and what is none, is {@link parseAclLine}'s to say. */
  add(bytes: Uint8Array, from: number, to: number): void {
    // A digest takes 65 bytes in a line and 32 here: a line's length is always enough.
    const record = this.#reserve(HEAD + to - from);
    const end = this.#packed(bytes, from, to, record);
    if (end === undefined) this.#addText(new TextDecoder().decode(bytes.subarray(from, to)));
    else if (end > record) this.#keep(record, end);
  }

  /** The account of a user, undefined where there is none. */
  get(name: string): Account | undefined {
    const wanted = new TextEncoder().encode(name);
    const mask = this.#slots.length - 1;
    let enabled = true;
    let digests: Uint8Array[] | undefined;
    for (let slot = hash(wanted, 0, wanted.length) & mask;; slot = (slot + 1) & mask) {
      const record = (this.#slots[slot] ?? 0) - 1;
      if (record < 0) break;
      if (!this.#hasName(record, wanted)) continue;
      digests ??= [];
      if (this.#pool[record] === 0) enabled = false;
      const first = record + HEAD + wanted.length;
      for (let digest = 0; digest < this.#number(record + 5); digest++) {
        digests.push(this.#pool.subarray(first + digest * DIGEST, first + (digest + 1) * DIGEST));
      }
    }
    return digests === undefined ? undefined : { enabled, digests };
  }

  /** The names of users that begin so, each once. Looks through all of them. */
  names(prefix: string): string[] {
    const wanted = new TextEncoder().encode(prefix);
    const found = new Set<string>();
    for (const slot of this.#slots) {
      if (slot === 0) continue;
      const record = slot - 1;
      const length = this.#number(record + 1);
      const name = record + HEAD;
      if (length < wanted.length) continue;
      if (!wanted.every((byte, index) => this.#pool[name + index] === byte)) continue;
      found.add(new TextDecoder().decode(this.#pool.subarray(name, name + length)));
    }
    return [...found];
  }

  /**
   * Packs a line of ASCII at `record` and returns the record's end: `record` where it is no line, undefined where it holds
   * anything else than ASCII.
   */
  #packed(bytes: Uint8Array, from: number, to: number, record: number): number | undefined {
    const pool = this.#pool;
    let words = 0;
    let enabled = 0;
    let nopass = false;
    let nameLength = 0;
    let end = record + HEAD;
    for (let at = from; at < to;) {
      let byte = bytes[at] ?? 0;
      if (byte === 32 || (byte >= 9 && byte <= 13)) {
        at++;
        continue;
      }
      const start = at;
      for (; at < to; at++) {
        byte = bytes[at] ?? 0;
        if (byte >= 128) return undefined;
        if (byte === 32 || (byte >= 9 && byte <= 13)) break;
      }
      const length = at - start;
      words++;
      if (words === 1) {
        if (!is(bytes, start, length, "user")) return record;
      } else if (words === 2) {
        nameLength = length;
        for (let index = start; index < at; index++) pool[end++] = bytes[index] ?? 0;
      } else if (length === 65 && bytes[start] === 35) {
        if (hexInto(pool, end, DIGEST, bytes, start + 1)) end += DIGEST;
      } else if (is(bytes, start, length, "on")) enabled = 1;
      else if (is(bytes, start, length, "off")) enabled = 0;
      else if (is(bytes, start, length, "nopass")) nopass = true;
    }
    if (words < 2) return record;
    if (nopass) end = record + HEAD + nameLength;
    this.#head(record, enabled, nameLength, (end - record - HEAD - nameLength) / DIGEST);
    return end;
  }

  #addText(line: string): void {
    const parsed = parseAclLine(line);
    if (parsed === undefined) return;
    const name = new TextEncoder().encode(parsed.name);
    const { enabled, digests } = parsed.account;
    const record = this.#reserve(HEAD + name.length + digests.length * DIGEST);
    this.#head(record, enabled ? 1 : 0, name.length, digests.length);
    this.#pool.set(name, record + HEAD);
    let end = record + HEAD + name.length;
    for (const digest of digests) {
      this.#pool.set(digest, end);
      end += DIGEST;
    }
    this.#keep(record, end);
  }

  /** Where the next record goes, with room for so many bytes. */
  #reserve(bytes: number): number {
    const needed = this.#used + bytes;
    if (needed > this.#pool.length) {
      const larger = new Uint8Array(Math.max(needed, Math.ceil(this.#pool.length * 1.5)));
      larger.set(this.#pool.subarray(0, this.#used));
      this.#pool = larger;
    }
    return this.#used;
  }

  #keep(record: number, end: number): void {
    this.#used = end;
    this.#lines++;
    if (2 * this.#lines > this.#slots.length) {
      const old = this.#slots;
      this.#slots = new Uint32Array(2 * old.length);
      for (const taken of old) if (taken !== 0) this.#enter(taken - 1);
    }
    this.#enter(record);
  }

  #enter(record: number): void {
    const mask = this.#slots.length - 1;
    const name = record + HEAD;
    let slot = hash(this.#pool, name, name + this.#number(record + 1)) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = record + 1;
  }

  #head(record: number, enabled: number, nameLength: number, digests: number): void {
    this.#pool[record] = enabled;
    for (let byte = 0; byte < 4; byte++) {
      this.#pool[record + 1 + byte] = nameLength >>> (8 * byte);
      this.#pool[record + 5 + byte] = digests >>> (8 * byte);
    }
  }

  #number(at: number): number {
    let number = 0;
    for (let byte = 3; byte >= 0; byte--) number = number * 256 + (this.#pool[at + byte] ?? 0);
    return number;
  }

  #hasName(record: number, wanted: Uint8Array): boolean {
    if (this.#number(record + 1) !== wanted.length) return false;
    for (let index = 0; index < wanted.length; index++) {
      if (this.#pool[record + HEAD + index] !== wanted[index]) return false;
    }
    return true;
  }
}
