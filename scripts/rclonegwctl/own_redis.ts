import { type Redis, redisClient } from "../../gateway/redis/connection.ts";
import type { Settings } from "../../gateway/settings.ts";
import { within } from "../../gateway/within.ts";
import { failed } from "./failure.ts";

const LOGIN_MS = 5000;

/** Runs something with a connection to this node's own Redis: for reading, also while the leader is away. */
export async function withOwnRedis<T>(settings: Settings, run: (redis: Redis) => Promise<T>): Promise<T> {
  const { redisReplicaAddress: address, redisUser: user, redisPassword: password } = settings;
  const redis = redisClient({ address, user, password }, { once: true });
  let trouble = "";
  redis.on("error", (error: Error) => trouble = error.message);
  try {
    if (await within(redis.connect(), LOGIN_MS) === undefined) throw new Error(`silent for ${LOGIN_MS} ms`);
  } catch (error) {
    failed(
      `Cannot read this node's Redis at ${address} (REDIS_REPLICA_ADDRESS) as ${user}: ${
        (error as Error).message || trouble
      }. Nothing was changed.`,
    );
  }
  try {
    return await run(redis);
  } finally {
    if (redis.isOpen) redis.destroy();
  }
}
