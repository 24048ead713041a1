import type { Redis } from "../../../gateway/redis/connection.ts";
import { eventually } from "./eventually.ts";

/** The commands that Redis was sent: user -> `<COMMAND> <key>` -> how often. */
export type Commands = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Counts what each user sends to Redis from now on, by Redis's own MONITOR. */
export async function watchRedis(redis: Redis): Promise<AsyncDisposable & { commands(): Promise<Commands> }> {
  // Without PINGs of its own: a connection that monitors has no other replies.
  const monitor = redis.duplicate({ pingInterval: 0 });
  await monitor.connect();
  const seen: { from: string; command: string }[] = [];
  await monitor.monitor((line) => {
    // 1700000000.123456 [0 127.0.0.1:40000] "HGET" "key" "field"
    const [, from, words] = /^[0-9.]+ \[[0-9]+ ([^\]]+)\] (.*)$/.exec(String(line)) ?? [];
    if (from === undefined || words === undefined) return;
    const [command = "", key = ""] = [...words.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word]) => word);
    seen.push({ from, command: `${command.toUpperCase()} ${key}`.trim() });
  });
  let marks = 0;
  return {
    async commands() {
      // What was sent before it is told before it.
      const mark = `mark-${++marks}`;
      await redis.sendCommand(["ECHO", mark]);
      await eventually(
        "MONITOR has told all of it",
        () => seen.some(({ command }) => command === `ECHO ${mark}`),
      );
      // MONITOR tells an address, CLIENT LIST whose it is: a connection that is still there.
      const users = new Map<string, string>();
      for (const client of String(await redis.sendCommand(["CLIENT", "LIST"])).split("\n")) {
        const [, address] = / addr=(\S+) /.exec(client) ?? [];
        const [, user] = / user=(\S+)/.exec(client) ?? [];
        if (address !== undefined && user !== undefined) users.set(address, user);
      }
      const counted: Record<string, Record<string, number>> = {};
      for (const { from, command } of seen) {
        const ofUser = counted[users.get(from) ?? `gone, ${from}`] ??= {};
        ofUser[command] = (ofUser[command] ?? 0) + 1;
      }
      return counted;
    },
    [Symbol.asyncDispose]() {
      monitor.destroy();
      return Promise.resolve();
    },
  };
}
