import type { LockRecord } from "../domain/lock.ts";
import type { LockOnRecord, LockRecords } from "./records.ts";

/** How many locks of one module may stand in one repository. restic needs two. */
export const MOST_LOCKS = 256;
/** An upload lives no longer than this: a lock that is on record for longer, and not stored, is gone. */
const UPLOAD_MS = 15 * 60_000;
const LOOKS_AT_A_TIME = 8;

/** What came of putting a lock on record: done; somebody else has just done so; its owner has too many. */
export type Claimed = "claimed" | "anothers" | "too-many";

/** A lock's object on its storage. */
export type LockStorage = {
  /** whether it is stored; undefined where that cannot be told */
  stored(path: string): Promise<boolean | undefined>;
  /** whether it was stored, and has been removed */
  remove(path: string): Promise<boolean>;
};

/**
 * The locks of all repositories, as far as they were created through this gateway. A lock is put on record before it
 * is uploaded, so that none ever stands there whose owner could be anybody; nobody else can claim it meanwhile, since
 * its name is the digest of what only its creator has. The record of one that was removed behind this gateway's back,
 * through another one, is dropped when the next lock is created in that repository.
 */
export class Locks {
  /** by path: locks that stand on a restore grant, and have to go with it */
  readonly #granted = new Map<string, LockOnRecord>();
  readonly #busy = new Map<string, Promise<unknown>>();

  constructor(
    private readonly records: LockRecords,
    private readonly storage: LockStorage,
    private readonly now: () => number = Date.now,
  ) {}

  /** Learns which locks stand on a grant from what an earlier life put on record. */
  async load(): Promise<void> {
    for (const lock of await this.records.all()) {
      if (lock.right === "restore-grant") this.#granted.set(lock.path, lock);
    }
  }

  /** Puts a lock that is not stored on record as somebody's. One at a time in each repository. */
  claim(path: string, record: LockRecord): Promise<Claimed> {
    const repository = path.slice(0, path.lastIndexOf("/"));
    const before = this.#busy.get(repository) ?? Promise.resolve();
    const claimed = before.then(() => this.#claim(repository, path, record));
    const done = claimed.catch(() => {/* told to who asked */});
    this.#busy.set(repository, done);
    void done.then(() => this.#busy.get(repository) === done && this.#busy.delete(repository));
    return claimed;
  }

  async #claim(repository: string, path: string, record: LockRecord): Promise<Claimed> {
    const standing = await this.#standing(await this.records.of(repository));
    const already = standing.find((lock) => lock.path === path);
    if (already !== undefined && already.owner !== record.owner) return "anothers";
    const bounded = record.right !== "node" && already === undefined;
    if (bounded && standing.filter(({ owner }) => owner === record.owner).length >= MOST_LOCKS) {
      return "too-many";
    }
    await this.records.put(path, record);
    if (record.right === "restore-grant") {
      this.#granted.set(path, { ...record, path, since: this.now() });
    }
    return "claimed";
  }

  /** Those that stand, or may do so; the records of the others are dropped. */
  async #standing(locks: readonly LockOnRecord[]): Promise<LockOnRecord[]> {
    const standing: LockOnRecord[] = [];
    const queue = [...locks];
    const worker = async (): Promise<void> => {
      for (let lock = queue.pop(); lock !== undefined; lock = queue.pop()) {
        const gone = this.now() - lock.since > UPLOAD_MS && await this.storage.stored(lock.path) === false;
        if (gone) await this.removed(lock.path);
        else standing.push(lock);
      }
    };
    await Promise.all(Array.from({ length: LOOKS_AT_A_TIME }, worker));
    return standing;
  }

  /** Says that a lock is gone from its storage. */
  async removed(path: string): Promise<void> {
    await this.records.remove(path);
    this.#granted.delete(path);
  }

  /**
   * Removes the locks that stood on grants that are gone. `holds` says whether a grant stands, for a lock's owner and its
   * repository (`<app type>/<module uuid>`), and is asked only where there are such locks. Returns what was removed.
   */
  async sweep(
    holds: (owner: string, repository: string) => Promise<boolean>,
  ): Promise<readonly LockOnRecord[]> {
    const removed: LockOnRecord[] = [];
    for (const lock of [...this.#granted.values()]) {
      const [, type, uuid] = lock.path.split("/");
      if (await holds(lock.owner, `${type}/${uuid}`)) continue;
      if (await this.storage.remove(lock.path)) removed.push(lock);
      // One whose upload may still be on its way is tried again.
      else if (this.now() - lock.since <= UPLOAD_MS || await this.storage.stored(lock.path) !== false) {
        continue;
      }
      await this.removed(lock.path);
    }
    return removed;
  }
}
