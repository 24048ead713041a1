import { INSTANCES } from "./paths.ts";
import type { RestServer } from "./rclone/rest_server.ts";
import { RotatedTokens } from "./rclone/rotated_tokens.ts";
import { RedisClient } from "./redis/client.ts";
import type { RedisLogin } from "./redis/connection.ts";
import { type Leader, leaderAddress } from "./redis/leader.ts";
import { storeToken } from "./redis/store_token.ts";
import type { Instance } from "./render/bundle.ts";

/** What it works with: the leader's Redis, and the REST server of an instance. */
export type KeepTokensParts = {
  readonly leader: Leader;
  readonly login: Omit<RedisLogin, "address">;
  readonly server: (instance: string) => Promise<RestServer | undefined>;
  readonly log: (message: string) => void;
};

/** Writes refreshed OAuth tokens back to Redis; see {@link RotatedTokens}. Returns what looks at them once. */
export function keepTokens(
  { leader, login, server, log }: KeepTokensParts,
): (instances: readonly Instance[]) => Promise<void> {
  const tokens = new RotatedTokens({
    read: (instance) =>
      Deno.readTextFile(`${INSTANCES}/${instance.name}/rclone.conf`).catch((error) => {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }),
    // Any question to the storage makes rclone refresh what has expired.
    use: async (instance) =>
      void await (await server(instance.name))?.look(`/${instance.destination}/token/config`),
    async store(destination, before, now) {
      // Seldom, and only from one node: no connection is kept for it.
      const redis = new RedisClient({ ...login, address: await leaderAddress(leader, login) }, {
        once: true,
      });
      redis.on("error", () => {/* told by who asked */});
      await redis.connect();
      try {
        return await storeToken(redis, destination, before, now);
      } finally {
        redis.destroy();
      }
    },
    log,
    now: Date.now,
  });
  return (instances) => tokens.look(instances);
}
