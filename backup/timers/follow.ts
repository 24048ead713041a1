import type { RedisClient } from "../../gateway/redis/client.ts";
import { CHANNELS } from "../../gateway/redis/keys.ts";

/**
 * Calls `look` whenever schedules may have changed: with each connection, at each event, and every `everyMs`, since an event can
 * be lost. Never twice at once; what comes meanwhile leads to one more look. What `look` throws is told once, not each time.
 */
export function followSchedules(
  client: RedisClient,
  { look, everyMs, log }: {
    readonly look: () => Promise<unknown>;
    readonly everyMs: number;
    readonly log: (message: string) => void;
  },
): { connect(): void; stop(): void } {
  let looking = false;
  let again = false;
  let told = "";
  const tell = (message: string): void => {
    if (message !== told) log(message);
    told = message;
  };
  const changed = async (): Promise<void> => {
    again = true;
    if (looking) return;
    looking = true;
    while (again) {
      again = false;
      try {
        await look();
        told = "";
      } catch (error) {
        tell(`Cannot look at the schedules: ${(error as Error).message}. Timers stay as they are.`);
      }
    }
    looking = false;
  };
  client.on("error", (error) => {
    tell(
      `this node's Redis is away (${error.message || error.name}): timers stay as they are; waiting for it`,
    );
  });
  client.on("ready", async () => {
    // First, so that nothing that changes from now on is missed.
    await client.subscribe(CHANNELS.scheduleChanged, () => void changed()).catch((error) =>
      log(`Cannot hear of changes (${(error as Error).message}): they are seen within ${everyMs / 1000} s`)
    );
    await changed();
  });
  const timer = setInterval(() => void (client.isReady && changed()), everyMs);
  return {
    connect() {
      client.connect().catch(() => {/* told above, tried again by the client */});
    },
    stop() {
      clearInterval(timer);
      client.destroy();
    },
  };
}
