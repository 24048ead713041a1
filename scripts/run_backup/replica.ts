import { type Redis, redisClient } from "../../gateway/redis/connection.ts";
import type { Settings } from "../../gateway/settings.ts";
import { within } from "../../gateway/within.ts";
import { failed } from "../rclonegwctl/failure.ts";

const LOGIN_MS = 5000;

/** Runs something with a connection to this node's Redis, which comes back by itself; it is closed afterwards. */
export async function withReplica<T>(settings: Settings, run: (redis: Redis) => Promise<T>): Promise<T> {
  const { redisReplicaAddress: address, redisUser: user, redisPassword: password } = settings;
  const redis = redisClient({ address, user, password });
  let trouble = "";
  redis.on("error", (error: Error) => trouble = error.message);
  try {
    if (await within(redis.connect(), LOGIN_MS) === undefined) {
      throw new Error(trouble || `silent for ${LOGIN_MS} ms`);
    }
    return await run(redis);
  } catch (error) {
    if (redis.isReady) throw error;
    return failed(
      `Cannot read this node's Redis at ${address} (REDIS_REPLICA_ADDRESS) as ${user}: ${
        (error as Error).message || trouble
      }`,
    );
  } finally {
    if (redis.isOpen) redis.destroy();
  }
}
