import type { Redis } from "../../gateway/redis/connection.ts";
import { KEYS } from "../../gateway/redis/keys.ts";
import { note } from "./output.ts";

/** What is remembered of it, about: newest thousand entries. */
const KEPT = 1000;

/** Records that an operator has taken out secrets, or removed a destination: in a Redis stream that outlives this command, and on stderr. */
export async function audit(redis: Redis, node: string, action: string, subject: string): Promise<void> {
  const by = operator();
  await redis.xAdd(KEYS.audit, "*", { action, subject, node, by }, {
    TRIM: { strategy: "MAXLEN", strategyModifier: "~", threshold: KEPT },
  });
  note(`Recorded in ${KEYS.audit}: ${action} of ${subject} by ${by} on node ${node}`);
}

/** Who runs this, as far as the host says. */
export function operator(): string {
  return Deno.env.get("SUDO_USER") ?? Deno.env.get("USER") ?? Deno.env.get("LOGNAME") ?? "unknown";
}
