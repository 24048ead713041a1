import type { Locks } from "./locks/locks.ts";
import { sweepLocks } from "./locks/sweep_locks.ts";
import type { RedisClient } from "./redis/client.ts";
import { holds } from "./redis/holds.ts";

/** Sweeps the locks of grants that are gone, once in a call, while Redis can be asked which grants stand. */
export function sweeping(
  redis: RedisClient,
  locks: Pick<Locks, "sweep">,
  log: (message: string) => void,
): () => Promise<void> {
  let trouble: string | undefined;
  return async () => {
    if (!redis.isReady) return;
    trouble = await sweepLocks({ locks, holds: (owner, path) => holds(redis, owner, path), log }, trouble);
  };
}
