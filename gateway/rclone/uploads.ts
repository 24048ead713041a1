import type { Looked, RestServer } from "./rest_server.ts";

/** What is stored under the name of an upload: nothing, the very same object, another one, or it cannot be told (now). */
export type Stored = "absent" | "same" | "differs" | "unknown";

/** restic's packs are of 16 to 128 MiB; what is larger is nobody's torn pack. */
const LARGEST_READ = 1 << 30;
/** A client gives an upload without progress up after five minutes: what has not changed in six is not being written. */
const UNCHANGED_MS = 6 * 60_000;
/** By the storage's own clock, which may be wrong. */
const OLD_MS = 60 * 60_000;
const MOST_SEEN = 10_000;

/** Only such a name says what the content is: `config`, and whatever a node stores under names of its own, do not. */
const NAMED_BY_CONTENT = /\/(?:data|keys|locks|snapshots|index)\/([0-9a-f]{64})$/;

type Found = Extract<Looked, { kind: "there" }>;
type Seen = Pick<Found, "size" | "modified"> & { readonly since: number };

/** What the comparison works with. */
export type UploadsParts = {
  /** an instance's server; undefined where it cannot be had now */
  readonly server: (instance: string, which: "rest-append" | "rest-full") => Promise<RestServer | undefined>;
  readonly log: (message: string) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
};

/**
 * Compares uploads with what is stored under their names. restic's objects are named by the SHA-256 of their content, so
 * that the same name and size is the same object.
 *
 * Where the sizes differ, one of the two is not what its name says. If that is the stored one (a part of an upload that
 * was cut off when rclone was killed, on a storage without uploads that happen as a whole), it is removed: otherwise no
 * backup could ever store that object. Not before it has stayed as it is for longer than an upload lives.
 */
export class Uploads {
  /** what was torn and could still be in the making */
  readonly #seen = new Map<string, Seen>();
  /** one object of a destination is read at a time */
  readonly #reading = new Map<string, Promise<unknown>>();

  constructor(private readonly parts: UploadsParts) {}

  /** Compares. `path` is the request's, `length` its Content-Length. */
  async compare(instance: string, path: string, length: string): Promise<Stored> {
    const server = await this.parts.server(instance, "rest-append");
    if (server === undefined) return "unknown";
    const found = await server.look(path);
    if (found.kind !== "there") return found.kind;
    const name = NAMED_BY_CONTENT.exec(path)?.[1];
    if (name === undefined) return "differs";
    if (!/^[0-9]+$/.test(length)) return "unknown";
    if (found.size === Number(length)) return "same";
    const before = this.#reading.get(instance) ?? Promise.resolve();
    const settled = before.then(() => this.#settle(instance, server, path, name, found));
    const done = settled.catch(() => {/* told to who asked */});
    this.#reading.set(instance, done);
    void done.then(() => this.#reading.get(instance) === done && this.#reading.delete(instance));
    return await settled;
  }

  async #settle(
    instance: string,
    server: RestServer,
    path: string,
    name: string,
    found: Found,
  ): Promise<Stored> {
    if (found.size > LARGEST_READ) return "differs";
    const key = `${instance} ${path}`;
    const seen = this.#seen.get(key);
    const unchanged = seen !== undefined && seen.size === found.size && seen.modified === found.modified;
    const now = this.parts.now();
    const old = (found.modified !== undefined && now - found.modified > OLD_MS) ||
      (unchanged && now - seen.since > UNCHANGED_MS);
    // Known to be torn, and to be looked at again later.
    if (unchanged && !old) return "unknown";
    const digest = await server.digest(path, found.size);
    if (digest === undefined) return "unknown";
    if (digest === name) return "differs";
    if (!old) {
      if (this.#seen.size >= MOST_SEEN) this.#seen.clear();
      this.#seen.set(key, { size: found.size, modified: found.modified, since: now });
      return "unknown";
    }
    this.#seen.delete(key);
    return await this.#remove(instance, server, path, found) ? "absent" : "unknown";
  }

  /** The append-only server removes nothing but locks. */
  async #remove(instance: string, server: RestServer, path: string, found: Found): Promise<boolean> {
    const full = await this.parts.server(instance, "rest-full");
    if (full === undefined) return false;
    const again = await server.look(path);
    if (again.kind !== "there" || again.size !== found.size || again.modified !== found.modified) {
      return false;
    }
    const removed = await full.remove(path);
    const gone = (await server.look(path)).kind === "absent";
    if (removed) {
      this.parts.log(`removed ${path.slice(1)}: what was stored is not what its name says; it comes again`);
    }
    return removed && gone;
  }
}
