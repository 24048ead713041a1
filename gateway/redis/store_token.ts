import { TOKEN_KEY } from "../domain/oauth_token.ts";
import type { Uuid } from "../domain/uuid.ts";
import { renderRcloneConf } from "../render/rclone_conf.ts";
import type { Redis } from "./connection.ts";
import { CHANNELS, KEYS } from "./keys.ts";
import { parseRcloneSection } from "./rclone_section.ts";

/**
 * Stores a token that rclone has refreshed, on the leader: only in the place of the one that was refreshed, so that what
 * an operator has changed meanwhile stays. Everybody is told; since only the token differs, nobody reloads. Returns
 * whether it was stored.
 */
export async function storeToken(
  redis: Redis,
  destination: Uuid,
  before: string,
  now: string,
): Promise<boolean> {
  await redis.watch(KEYS.rcloneConf);
  const stored = await redis.hGet(KEYS.rcloneConf, destination);
  const parameters = stored === null || stored === undefined ? [] : parseRcloneSection(stored);
  if (!parameters.some(([key, value]) => key === TOKEN_KEY && value === before)) {
    await redis.unwatch();
    return false;
  }
  const renewed = parameters.map(([key, value]): [string, string] => [key, key === TOKEN_KEY ? now : value]);
  const done = await redis.multi()
    .hSet(KEYS.rcloneConf, destination, renderRcloneConf(destination, { parameters: renewed, path: "" }))
    .publish(CHANNELS.destinationChanged, JSON.stringify({ destination_ids: [destination] }))
    .exec().catch((error: Error) => {
      if (error.name === "WatchError") return null;
      throw error;
    });
  return done !== null;
}
