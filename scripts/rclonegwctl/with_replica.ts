import { type Redis, redisClient } from "../../gateway/redis/connection.ts";
import type { Settings } from "../../gateway/settings.ts";
import { within } from "../../gateway/within.ts";
import { failed } from "./failure.ts";

const LOGIN_MS = 5000;

/** Runs something that only reads, with a connection to this node's own Redis: that answers while the leader is away, too. */
export async function withReplica<T>(
  { redisReplicaAddress: address, redisUser: user, redisPassword: password }: Settings,
  run: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = redisClient({ address, user, password }, { once: true });
  const why = (error: unknown): string => (error as Error).message || trouble;
  let trouble = "";
  redis.on("error", (error: Error) => trouble = error.message);
  try {
    const connected = await within(redis.connect(), LOGIN_MS).catch((error) =>
      failed(`Cannot use this node's Redis at ${address} (REDIS_REPLICA_ADDRESS) as ${user}: ${why(error)}`)
    );
    if (connected === undefined) {
      failed(`Cannot use this node's Redis at ${address} (REDIS_REPLICA_ADDRESS): silent for ${LOGIN_MS} ms`);
    }
    return await run(redis);
  } finally {
    if (redis.isOpen) redis.destroy();
  }
}
