import type { LockRecord } from "../domain/lock.ts";
import type { LockOnRecord, LockRecords } from "./records.ts";

/** How many locks of one module may stand in one repository. restic needs two. */
export const MOST_LOCKS = 256;
/**
 * The upload of a lock lives no longer than this: its body is there before it begins (base.cfg waits for it), and HAProxy
 * waits fifteen minutes for a slow storage (`timeout server`). What is on record for longer, and not stored, is gone.
 */
const UPLOAD_MS = 16 * 60_000;
/** How many of its locks are looked for when a module has too many on record, and how many questions wait. */
const LOOKS = 8;
const MOST_WAITING = 16;

/** What came of putting a lock on record: done; somebody else has it; its owner has too many; too many ask at once. */
export type Claimed = "claimed" | "anothers" | "too-many" | "busy";

/** A lock's object on its storage. */
export type LockStorage = {
  /** whether it is stored; undefined where that cannot be told */
  stored(path: string): Promise<boolean | undefined>;
  /** whether it was stored, and has been removed */
  remove(path: string): Promise<boolean>;
};

/** `released`: when it was removed through this gateway. Its owner is remembered for a while, for a repeated removal. */
type Lock = LockOnRecord & { readonly released?: number };

/**
 * The locks of all repositories, as far as they were created through this gateway. A lock is put on record before it
 * is uploaded, so that none ever stands there whose owner could be anybody; nobody else can claim it meanwhile, since
 * its name is the digest of what only its creator has. Where a lock is gone without this gateway having seen it, its
 * record stays until it is in the way.
 */
export class Locks {
  /** repository -> path -> lock: all that is on record */
  readonly #locks = new Map<string, Map<string, Lock>>();
  /** repository -> the last of those who wait, and how many there are */
  readonly #busy = new Map<string, { last: Promise<unknown>; waiting: number }>();
  /** destinations that are being swept: one whose storage hangs is left alone until it has answered */
  readonly #sweeping = new Set<string>();

  constructor(
    private readonly records: LockRecords,
    private readonly storage: LockStorage,
    private readonly now: () => number = Date.now,
  ) {}

  /** Learns what an earlier life put on record. */
  async load(): Promise<void> {
    for (const lock of await this.records.all()) this.#remember(lock);
  }

  /** Puts a lock that is not stored on record as somebody's. One at a time in each repository. */
  async claim(path: string, record: LockRecord): Promise<Claimed> {
    const repository = repositoryOf(path);
    if ((this.#busy.get(repository)?.waiting ?? 0) >= MOST_WAITING) return "busy";
    return await this.#inTurn(repository, () => this.#claim(repository, path, record));
  }

  /** Records of one repository change one after the other. */
  async #inTurn<T>(repository: string, what: () => Promise<T>): Promise<T> {
    const before = this.#busy.get(repository) ?? { last: Promise.resolve(), waiting: 0 };
    const done = before.last.then(what);
    const turn = { last: done.catch(() => {/* told to who asked */}), waiting: before.waiting + 1 };
    this.#busy.set(repository, turn);
    try {
      return await done;
    } finally {
      const now = this.#busy.get(repository);
      if (now !== undefined && --now.waiting === 0) this.#busy.delete(repository);
    }
  }

  async #claim(repository: string, path: string, record: LockRecord): Promise<Claimed> {
    const known = this.#locks.get(repository)?.get(path);
    if (known !== undefined && known.owner !== record.owner) {
      if (known.released === undefined || !await this.#gone(known)) return "anothers";
      await this.#forget(known);
    }
    if (known === undefined && record.right !== "node") {
      const standing = this.#standing(repository, record.owner);
      if (standing.length >= MOST_LOCKS && !await this.#makeRoom(standing)) return "too-many";
    }
    await this.records.put(path, record);
    this.#remember({ ...record, path, since: this.now() });
    void this.#forgetReleased(repository);
    return "claimed";
  }

  #standing(repository: string, owner: string): Lock[] {
    return [...this.#locks.get(repository)?.values() ?? []].filter((lock) =>
      lock.owner === owner && lock.released === undefined
    );
  }

  /** Whether one of the oldest is gone from its storage. */
  async #makeRoom(locks: readonly Lock[]): Promise<boolean> {
    const oldest = locks.toSorted((a, b) => a.since - b.since).slice(0, LOOKS);
    const gone = await Promise.all(oldest.map((lock) => this.#gone(lock)));
    const room = oldest.filter((_, index) => gone[index]);
    for (const lock of room) await this.#forget(lock);
    return room.length > 0;
  }

  /** Forgets those that were removed a while ago, a few at a time. */
  async #forgetReleased(repository: string): Promise<void> {
    const released = [...this.#locks.get(repository)?.values() ?? []].filter(({ released }) =>
      released !== undefined
    );
    await Promise.all(
      released.slice(0, LOOKS).map((lock) => this.#drop(lock).catch(() => {/* next time */})),
    );
  }

  /** Drops a record whose lock is gone, unless it has been claimed again while that was looked up. */
  async #drop(lock: Lock): Promise<void> {
    if (await this.#gone(lock)) await this.#inTurn(repositoryOf(lock.path), () => this.#forget(lock));
  }

  /** Whether a lock is not stored, and cannot come any more. */
  async #gone(lock: Lock): Promise<boolean> {
    const since = Math.min(lock.released ?? lock.since, this.now());
    return this.now() - since > UPLOAD_MS && await this.storage.stored(lock.path) === false;
  }

  /** Says that a lock was removed from its storage through this gateway. */
  removed(path: string): void {
    const lock = this.#locks.get(repositoryOf(path))?.get(path);
    if (lock !== undefined) this.#remember({ ...lock, released: this.now() });
  }

  /**
   * Removes the locks that stood on grants that are gone. `holds` says whether a grant stands, for a lock's owner and its
   * repository (`<app type>/<module uuid>`), and is asked only where there are such locks. A storage that fails holds up
   * nobody else's, and one that hangs only this call: meanwhile another one sweeps the others. Returns what was removed.
   */
  async sweep(holds: (owner: string, repository: string) => Promise<boolean>): Promise<LockOnRecord[]> {
    const byDestination = new Map<string, Lock[]>();
    for (const locks of this.#locks.values()) {
      for (const lock of locks.values()) {
        if (lock.right !== "restore-grant" || lock.released !== undefined) continue;
        const [destination = ""] = lock.path.split("/");
        byDestination.set(destination, [...byDestination.get(destination) ?? [], lock]);
      }
    }
    const swept = await Promise.all(
      [...byDestination].map(async ([destination, locks]) => {
        if (this.#sweeping.has(destination)) return [];
        this.#sweeping.add(destination);
        return await this.#sweepDestination(locks, holds).finally(() => this.#sweeping.delete(destination));
      }),
    );
    return swept.flat();
  }

  async #sweepDestination(
    locks: readonly Lock[],
    holds: (owner: string, repository: string) => Promise<boolean>,
  ): Promise<LockOnRecord[]> {
    const removed: LockOnRecord[] = [];
    for (const lock of locks) {
      const [, type, uuid] = lock.path.split("/");
      if (await holds(lock.owner, `${type}/${uuid}`)) continue;
      if (await this.storage.remove(lock.path)) {
        removed.push(lock);
        this.removed(lock.path);
        continue;
      }
      // One whose upload may still be on its way is tried again; a storage that fails is left alone until then.
      if (await this.storage.stored(lock.path) !== false) break;
      await this.#drop(lock);
    }
    return removed;
  }

  #remember(lock: Lock): void {
    const repository = repositoryOf(lock.path);
    const locks = this.#locks.get(repository);
    if (locks === undefined) this.#locks.set(repository, new Map([[lock.path, lock]]));
    else locks.set(lock.path, lock);
  }

  /** Only what stands on record as it was looked up. In the repository's turn. */
  async #forget(lock: Lock): Promise<void> {
    const repository = repositoryOf(lock.path);
    const locks = this.#locks.get(repository);
    if (locks?.get(lock.path) !== lock) return;
    await this.records.remove(lock.path);
    locks.delete(lock.path);
    if (locks.size === 0) this.#locks.delete(repository);
  }
}

function repositoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
