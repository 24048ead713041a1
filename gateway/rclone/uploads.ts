import type { Looked, RestServer } from "./rest_server.ts";

/** What is stored under the name of an upload: nothing, the very same object, another one, or it cannot be told (now). */
export type Stored = "absent" | "same" | "differs" | "unknown";

/** restic's packs are of 16 to 128 MiB; what is larger is nobody's torn pack. */
const LARGEST_READ = 1 << 30;
/** A client gives an upload without progress up after five minutes: what has not changed in six is not being written. */
const UNCHANGED_MS = 6 * 60_000;
const MOST_REMEMBERED = 10_000;

/** Only such a name says what the content is: `config`, and whatever a node stores under names of its own, do not. */
const NAMED_BY_CONTENT = /^(\/[^/]+\/[^/]+\/[^/]+)\/(?:data|keys|locks|snapshots|index)\/([0-9a-f]{64})$/;

type Found = Extract<Looked, { kind: "there" }>;
/** An object that was read, and what it was then. */
type Read = Pick<Found, "size" | "modified"> & { readonly digest: string; readonly at: number };

/** What the comparison works with. */
export type UploadsParts = {
  /** an instance's server; undefined where it cannot be had now */
  readonly server: (instance: string, which: "rest-append" | "rest-full") => Promise<RestServer | undefined>;
  readonly log: (message: string) => void;
  /** milliseconds of a clock that only goes forward */
  readonly now: () => number;
};

/**
 * Compares uploads with what is stored under their names. restic's objects are named by the SHA-256 of their content, so
 * that the same name and size is the same object.
 *
 * Where less is stored than is being sent, it may be torn: a part of an upload that was cut off when rclone was killed,
 * on a storage that does not store as a whole. Then it is not what its name says, and no backup could ever store that
 * object. It is removed after it was read twice, six minutes apart, and was the same wrong thing both times: so it is
 * neither being written nor a wrong answer of the storage.
 */
export class Uploads {
  readonly #read = new Map<string, Read>();
  /** repositories in which an object is being read: one at a time, and nobody waits */
  readonly #reading = new Set<string>();

  constructor(private readonly parts: UploadsParts) {}

  /** Compares. `path` is the request's, `length` its Content-Length. */
  async compare(instance: string, path: string, length: string): Promise<Stored> {
    const server = await this.parts.server(instance, "rest-append");
    if (server === undefined) return "unknown";
    const found = await server.look(path);
    if (found.kind !== "there") return found.kind;
    const [, repository, name] = NAMED_BY_CONTENT.exec(path) ?? [];
    if (repository === undefined || name === undefined) return "differs";
    if (!/^[0-9]+$/.test(length)) return "unknown";
    if (found.size === Number(length)) return "same";
    if (found.size > Number(length) || found.size > LARGEST_READ) return "differs";
    if (this.#reading.has(repository)) return "unknown";
    this.#reading.add(repository);
    try {
      return await this.#settle(instance, server, path, name, found);
    } finally {
      this.#reading.delete(repository);
    }
  }

  async #settle(
    instance: string,
    server: RestServer,
    path: string,
    name: string,
    found: Found,
  ): Promise<Stored> {
    const key = `${instance} ${path}`;
    const before = this.#read.get(key);
    const unchanged = before !== undefined && before.size === found.size &&
      before.modified === found.modified;
    if (unchanged && before.digest === name) return "differs";
    if (unchanged && this.parts.now() - before.at <= UNCHANGED_MS) return "unknown";
    const digest = await server.digest(path, found.size);
    if (digest === undefined) return "unknown";
    if (!unchanged || digest !== before.digest || digest === name) {
      this.#remember(key, { size: found.size, modified: found.modified, digest, at: this.parts.now() });
      return digest === name ? "differs" : "unknown";
    }
    this.#read.delete(key);
    return await this.#remove(instance, server, path, found) ? "absent" : "unknown";
  }

  #remember(key: string, read: Read): void {
    this.#read.delete(key);
    this.#read.set(key, read);
    if (this.#read.size <= MOST_REMEMBERED) return;
    for (const oldest of this.#read.keys()) {
      this.#read.delete(oldest);
      break;
    }
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
      this.parts.log(`removed ${path.slice(1)}: a part of an upload that was cut off; it comes again`);
    }
    return removed && gone;
  }
}
