import type { RedisClient } from "./client.ts";
import { CHANNELS, KEYS } from "./keys.ts";

/** What changes without an event, and is told of where it was read. */
function isUnannounced(key: string): boolean {
  return key === KEYS.network || key === KEYS.clusterEnvironment || /^node\/[0-9]+\/vpn$/.test(key);
}

/** Who is told of what. */
export type Follower = {
  /** something that is served may have changed, and why; its promise ends when that has been looked at */
  readonly changed: (reason: string) => Promise<void>;
  /** the connection is there (again), and what may have changed meanwhile was looked at */
  readonly connected: () => Promise<void>;
  readonly identities: () => Promise<void>;
  readonly log: (message: string) => void;
};

/** The link to Redis. */
export type Link = {
  /** why there is none; meaningful while it is away */
  readonly trouble: string;
  /** Starts to connect, and goes on trying by itself. */
  connect(): void;
};

/**
 * Follows Redis at `address`: what it announces, and its coming and going, in the log once and not at every attempt.
 * Events that are missed are found by the comparison that follows each connection, and by the periodic one.
 */
export function followRedis(redis: RedisClient, address: string, follower: Follower): Link {
  let trouble = "not connected yet";
  let told = false;
  redis.on("error", (error: Error) => {
    trouble = error.message || error.name;
    if (!told) follower.log(`Redis at ${address} is away (${trouble}): what runs is kept; waiting for it`);
    told = true;
  });
  // null: any may have, as when a replica has copied everything anew.
  redis.on("invalidate", (key) => {
    if (key === null || isUnannounced(key)) void follower.changed(`${key ?? "everything"} changed`);
  });
  redis.on("ready", async () => {
    if (told) follower.log(`Redis at ${address} is back`);
    told = false;
    redis.send("CLIENT", "TRACKING", "ON").catch((error) =>
      follower.log(
        `Cannot ask to be told of changes of nodes' addresses (${error.message}): they are seen within 30 s`,
      )
    );
    // First, so that nothing that happens from now on is missed.
    await Promise.all([
      redis.subscribe(CHANNELS.destinationChanged, () => void follower.changed("a destination changed")),
      redis.subscribe(CHANNELS.aclChanged, () => void follower.identities()),
    ]).catch((error) =>
      follower.log(`Cannot subscribe to events (${error.message}); changes are seen within 30 s`)
    );
    await follower.changed("connected to Redis");
    await follower.connected();
    await follower.identities();
  });
  return {
    get trouble() {
      return trouble;
    },
    connect() {
      redis.connect().catch(() => {/* told by the "error" event, tried again by the client */});
    },
  };
}
