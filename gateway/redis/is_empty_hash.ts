import type { RedisClient } from "./client.ts";

/** Whether a hash has no field. Read bit by bit: it may have 100,000, and this user of Redis may not ask for their number. */
export async function isEmptyHash(redis: Pick<RedisClient, "each">, key: string): Promise<boolean> {
  let empty = true;
  await redis.each(["HGETALL", key], () => empty = false);
  return empty;
}
