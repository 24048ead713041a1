import type { Redis } from "../../../gateway/redis/connection.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import { keysLike } from "./tombstone.ts";

/** A definition of backups: `cluster/backup/<id>`. */
export type Backup = { readonly id: string; readonly name: string };

/** The backups that use a destination. */
export async function backupsTo(redis: Redis, destination: string): Promise<Backup[]> {
  const prefix = KEYS.backup("");
  const found: Backup[] = [];
  for (const key of await keysLike(redis, KEYS.backupPattern)) {
    const { repository, name = "" } = await redis.hGetAll(key) as Record<string, string>;
    if (repository === destination) found.push({ id: key.slice(prefix.length), name });
  }
  return found;
}
