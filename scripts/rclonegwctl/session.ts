import { type Redis, redisClient } from "../../gateway/redis/connection.ts";
import { parseSettings, type Settings } from "../../gateway/settings.ts";
import { failed, invalid } from "./failure.ts";

/** The settings of this node, from the environment. */
export function readSettings(): Settings {
  const settings = parseSettings(Deno.env.toObject(), Deno.readTextFileSync);
  if (!("problems" in settings)) return settings;
  invalid(
    ["The settings are not valid; nothing was changed.", ...settings.problems.map((p) => `  - ${p}`)].join(
      "\n",
    ),
  );
}

/** Runs something with a connection to the leader's Redis, which is closed afterwards. */
export async function withRedis<T>(settings: Settings, run: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = redisClient(
    { address: settings.redisAddress, user: settings.redisUser, password: settings.redisPassword },
    { once: true },
  );
  let trouble = "";
  redis.on("error", (error: Error) => trouble = error.message);
  try {
    await redis.connect();
  } catch (error) {
    failed(
      `Cannot reach Redis at ${settings.redisAddress} (REDIS_ADDRESS) as ${settings.redisUser}: ` +
        `${(error as Error).message || trouble}. Nothing was changed.`,
    );
  }
  try {
    return await run(redis);
  } finally {
    if (redis.isOpen) redis.destroy();
  }
}
