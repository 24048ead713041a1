import { TOKEN_KEY } from "../domain/oauth_token.ts";
import type { Uuid } from "../domain/uuid.ts";
import { renderRcloneConf } from "../render/rclone_conf.ts";
import type { RedisClient } from "./client.ts";
import { CHANNELS, KEYS } from "./keys.ts";
import { RedisError } from "./resp.ts";
import { parseRcloneSection } from "./rclone_section.ts";

/**
 * Stores a token that rclone has refreshed, on the leader: only in the place of the one that was refreshed, so that what
 * an operator has changed meanwhile stays. Everybody is told; since only the token differs, nobody reloads. Returns
 * whether it was stored.
 */
export async function storeToken(
  redis: RedisClient,
  destination: Uuid,
  before: string,
  now: string,
): Promise<boolean> {
  await redis.send("WATCH", KEYS.rcloneConf);
  const stored = await redis.hGet(KEYS.rcloneConf, destination);
  const parameters = stored === null ? [] : parseRcloneSection(stored);
  if (!parameters.some(([key, value]) => key === TOKEN_KEY && value === before)) {
    await redis.send("UNWATCH");
    return false;
  }
  const renewed = parameters.map(([key, value]): [string, string] => [key, key === TOKEN_KEY ? now : value]);
  const section = renderRcloneConf(destination, { parameters: renewed, path: "" });
  await redis.send("MULTI");
  await redis.send("HSET", KEYS.rcloneConf, destination, section);
  await redis.send(
    "PUBLISH",
    CHANNELS.destinationChanged,
    JSON.stringify({ destination_ids: [destination] }),
  );
  // Nothing is done, and the reply is nil, where the watched key has changed.
  const done = await redis.send("EXEC");
  const refused = Array.isArray(done) ? done.find((one) => one instanceof RedisError) : undefined;
  if (refused !== undefined) throw refused;
  return done !== null;
}
