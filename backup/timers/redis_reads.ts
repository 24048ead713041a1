import type { RedisClient } from "../../gateway/redis/client.ts";
import type { ConvergeParts } from "./converge.ts";

/** What making timers reads, over the client of what runs all the time. */
export function redisReads(client: RedisClient): ConvergeParts["redis"] {
  return {
    hGetAll: (key) => client.hGetAll(key),
    exists: async (key) => Number(await client.send("EXISTS", key)),
    async *scanIterator({ MATCH, COUNT }) {
      let cursor = "0";
      do {
        const reply = await client.send("SCAN", cursor, "MATCH", MATCH, "COUNT", String(COUNT));
        const [next, keys] = Array.isArray(reply) ? reply : [];
        cursor = String(next ?? "0");
        yield Array.isArray(keys) ? keys.map(String) : [];
      } while (cursor !== "0");
    },
  };
}
