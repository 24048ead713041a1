import type { Identity } from "../gateway/domain/identity.ts";
import { formatRepositoryPath } from "../gateway/domain/repository.ts";
import type { Refusal, Target } from "../gateway/domain/target.ts";

/** A prune without any known lock, as one through another gateway: over once its last removal is this old. */
const WITHOUT_LOCK_MS = 60_000;
/** One that holds a lock renews it every five minutes (restic, internal/repository/lock.go); twice that is dead. */
const SILENT_MS = 10 * 60_000;

type Prune = { lastSeen: number; lastRemoval: number };

/**
 * Where a node prunes now, as far as its requests through this gateway show: it removes data, indexes or snapshots, and
 * from then on until its last lock there is gone. What it holds is encrypted, so that its first steps, in which it only
 * reads and adds, look like a backup; its lock keeps honest clients out meanwhile.
 */
export class Prunes {
  /** repository -> names of the locks that nodes asked to create there, and when */
  readonly #locks = new Map<string, Map<string, number>>();
  readonly #running = new Map<string, Prune>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Told of every request that was allowed. Whether a prune begins with it, so that what modules may do there changes. */
  saw(identity: Identity, target: Target | Refusal): boolean {
    if (identity.kind !== "node" || "refused" in target || target.place.kind !== "repository") return false;
    const { item } = target.place;
    const key = keyOf(target.place);
    const now = this.now();
    this.#forget(now);
    const prune = this.#running.get(key);
    if (prune !== undefined) prune.lastSeen = now;
    if (item.kind !== "object" || target.protocol !== "rest") return false;
    if (item.type === "locks") {
      if (target.method === "POST") {
        let locks = this.#locks.get(key);
        if (locks === undefined) this.#locks.set(key, locks = new Map());
        locks.set(item.name, now);
      } else if (target.method === "DELETE") {
        const locks = this.#locks.get(key);
        locks?.delete(item.name);
        if (locks?.size === 0) {
          this.#locks.delete(key);
          this.#running.delete(key);
        }
      }
    } else if (target.method === "DELETE" && item.type !== "keys") {
      this.#running.set(key, { lastSeen: now, lastRemoval: now });
      return prune === undefined;
    }
    return false;
  }

  /** Whether one runs in that repository. */
  running(place: Parameters<typeof keyOf>[0]): boolean {
    if (this.#running.size === 0) return false;
    this.#forget(this.now());
    return this.#running.has(keyOf(place));
  }

  /** Drops what is too old to count. Few at any time: nodes hold few locks. */
  #forget(now: number): void {
    for (const [key, locks] of this.#locks) {
      for (const [name, since] of locks) if (now - since > SILENT_MS) locks.delete(name);
      if (locks.size === 0) this.#locks.delete(key);
    }
    for (const [key, { lastSeen, lastRemoval }] of this.#running) {
      const over = this.#locks.has(key) ? now - lastSeen > SILENT_MS : now - lastRemoval > WITHOUT_LOCK_MS;
      if (over) this.#running.delete(key);
    }
  }
}

function keyOf(
  { destination, repository }: {
    destination: string;
    repository: Parameters<typeof formatRepositoryPath>[0];
  },
): string {
  return `${destination}/${formatRepositoryPath(repository)}`;
}
