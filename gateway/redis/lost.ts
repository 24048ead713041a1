import type { RedisClient } from "./client.ts";
import type { StoredState } from "./stored_state.ts";
import { isEmptyHash } from "./is_empty_hash.ts";
import { KEYS } from "./keys.ts";

/**
 * Why destinations that were served before (their ids) are not in Redis any more, where that looks like a mistake:
 * undefined where there is none, or where they were removed in order. Who removes a destination removes its public facts
 * with it, and leaves the rest of the cluster.
 */
export async function lost(
  redis: RedisClient,
  stored: StoredState,
  before: readonly string[],
): Promise<string | undefined> {
  const missing = before.filter((id) => !Object.hasOwn(stored.rcloneConf, id));
  if (missing.length === 0) return undefined;
  const facts = await Promise.all(missing.map((id) => redis.hGetAll(KEYS.repository(id)).catch(() => ({}))));
  const halves = missing.filter((_, index) => Object.keys(facts[index] ?? {}).length > 0);
  if (halves.length > 0) {
    return `${KEYS.rcloneConf} has lost ${
      halves.join(", ")
    }, whose public facts are still there: restore it from a ` +
      `backup of Redis, or delete ${halves.map(KEYS.repository).join(", ")}, too, if they are to go`;
  }
  const nothing = Object.keys(stored.rcloneConf).length === 0 && stored.network === undefined &&
    stored.ownAddress === undefined && await isEmptyHash(redis, KEYS.moduleUuid);
  return nothing
    ? "Redis holds nothing of this cluster any more: was it emptied? Restore it; to begin afresh, restart the gateway"
    : undefined;
}
