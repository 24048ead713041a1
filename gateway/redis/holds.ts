import { parseIdentity } from "../domain/identity.ts";
import type { RedisClient } from "./client.ts";
import { isEmptyHash } from "./is_empty_hash.ts";
import { KEYS } from "./keys.ts";

/**
 * Whether somebody may read a repository (`<app type>/<module uuid>`) now: a node, its own module, or one with a grant.
 * Where the modules' uuids are not there at all, nothing is concluded: yes. Throws where Redis cannot be asked.
 */
export async function holds(redis: RedisClient, owner: string, repository: string): Promise<boolean> {
  const identity = parseIdentity(owner);
  if (identity?.kind !== "module") return identity !== undefined;
  const own = await redis.hGet(KEYS.moduleUuid, identity.id);
  if (own === null) return await isEmptyHash(redis, KEYS.moduleUuid);
  const source = await redis.hGet(KEYS.restoreUuid, own);
  return [own, source].some((uuid) => `${identity.appType}/${uuid}` === repository);
}
