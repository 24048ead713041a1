import { within } from "../../gateway/within.ts";
import { type Redis, redisClient } from "../../gateway/redis/connection.ts";
import { leaderAddress } from "../../gateway/redis/leader.ts";
import { parseSettings, type Settings } from "../../gateway/settings.ts";
import { CommandFailed, failed, invalid } from "./failure.ts";

const LOGIN_MS = 5000;
/** Error prefixes of Redis (redis.io): what it says of a login, and of a write to a replica. */
const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM) /;
const READ_ONLY = /^READONLY /;

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

/** Where this node's running gateway answers its operator. */
export function operatorSocket({ stateDir }: Settings): string {
  return Deno.env.get("OPERATOR_SOCKET") ?? `${stateDir}/operator.sock`;
}

/** Runs something with a connection to the leader's Redis, which is closed afterwards. */
export async function withRedis<T>(settings: Settings, run: (redis: Redis) => Promise<T>): Promise<T> {
  const { redisLeader, redisUser: user, redisPassword: password } = settings;
  const address = await leaderAddress(redisLeader, { user, password }).catch((error) =>
    failed(
      `Cannot find the leader's Redis (REDIS_SENTINELS): ${(error as Error).message}. Nothing was changed. ` +
        `Run this again when the sentinels agree on one.`,
    )
  );
  const redis = redisClient({ address, user, password }, { once: true });
  const fixed = "address" in redisLeader;
  const leader = `the leader's Redis at ${address} (${fixed ? "REDIS_ADDRESS" : "REDIS_SENTINELS"})`;
  let trouble = "";
  redis.on("error", (error: Error) => trouble = error.message);
  try {
    // One that is stopped accepts connections and says nothing.
    if (await within(redis.connect(), LOGIN_MS) === undefined) throw new Error(`silent for ${LOGIN_MS} ms`);
  } catch (error) {
    const why = (error as Error).message || trouble;
    failed(
      REFUSED.test(why)
        ? `Cannot log in to ${leader} as ${settings.redisUser}: ${why}. Nothing was changed.`
        : `Cannot reach ${leader} as ${settings.redisUser}: it does not answer (${why}). Nothing was changed. ` +
          `Run this again when it is back, or ${
            fixed ? "with REDIS_ADDRESS of another node that leads now" : "when another one leads"
          }. ` +
          `Meanwhile backups go on with what this node's replica holds (rclonegwctl status).`,
    );
  }
  try {
    return await run(redis);
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    const why = (error as Error).message || trouble;
    if (READ_ONLY.test(why)) {
      failed(
        `Cannot write to ${leader}: it is a replica (${why}). Nothing was changed. ` +
          (fixed ? `Set REDIS_ADDRESS to the Redis of the node that leads.` : "Run this again."),
      );
    }
    if (redis.isReady) throw error;
    return failed(
      `Cannot go on: ${leader} has stopped to answer (${trouble || why}). ` +
        `Whether anything was changed cannot be told: look at it when the leader is back, and run this again then.`,
    );
  } finally {
    if (redis.isOpen) redis.destroy();
  }
}
