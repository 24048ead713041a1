import type { Redis } from "../../../gateway/redis/connection.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import { type PublicFacts, publicFacts } from "./stored.ts";

/** What is left of a destination that was removed: a hash of its own, without the storage's credentials. */
export type Tombstone = PublicFacts & {
  readonly id: string;
  /** what the storage is known by: the same for the same storage, also where the uuid is NethServer 8's */
  readonly identity: string;
  readonly restic_password: string;
  /** ISO 8601 */
  readonly removed_at: string;
  readonly removed_by: string;
};

export async function readTombstone(redis: Redis, id: string): Promise<Tombstone | undefined> {
  const hash = await redis.hGetAll(KEYS.tombstone(id)) as Record<string, string>;
  if (hash["restic_password"] === undefined) return undefined;
  const { identity = id, restic_password, removed_at = "", removed_by = "" } = hash;
  return { id, identity, restic_password, removed_at, removed_by, ...publicFacts(hash) };
}

/** All of them, the newest first. */
export async function readTombstones(redis: Redis): Promise<Tombstone[]> {
  const prefix = KEYS.tombstone("");
  const ids = (await keysLike(redis, KEYS.tombstonePattern)).map((key) => key.slice(prefix.length));
  const found = await Promise.all(ids.map((id) => readTombstone(redis, id)));
  return found.filter((tombstone) => tombstone !== undefined)
    .sort((a, b) => a.removed_at < b.removed_at ? 1 : -1);
}

/** Its hash, for HSET. */
export function tombstoneHash({ id: _, ...hash }: Tombstone): Record<string, string> {
  return { ...hash };
}

/** The keys of a pattern, in order. */
export async function keysLike(redis: Redis, pattern: string): Promise<string[]> {
  const keys = new Set<string>();
  for await (const batch of redis.scanIterator({ MATCH: pattern, COUNT: 1000 })) {
    for (const key of batch) keys.add(key);
  }
  return [...keys].sort();
}
