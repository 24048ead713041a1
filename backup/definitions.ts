import { KEYS } from "../gateway/redis/keys.ts";
import { type BackupDefinition, parseDefinition } from "./definition.ts";

/** A definition as Redis holds it, or everything that is wrong with it; undefined where there is none of this id. */
export async function readDefinition(
  redis: { hGetAll(key: string): Promise<Record<string, string>> },
  id: string,
): Promise<BackupDefinition | { readonly problems: readonly string[] } | undefined> {
  const [hash, own] = await Promise.all([
    redis.hGetAll(KEYS.backup(id)),
    redis.hGetAll(KEYS.backupAdditions(id)),
  ]);
  return Object.keys(hash).length === 0 ? undefined : parseDefinition(id, hash, own);
}
