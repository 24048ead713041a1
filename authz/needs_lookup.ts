import type { Refusal, Target } from "../gateway/domain/target.ts";

/** Which lookup: none; that nothing is stored under the name; that, and that the lock is put on record. */
export type Lookup = "no" | "absent" | "lock";

/**
 * Which lookup an upload may go ahead only after. rclone's own append-only check is open when its lookup fails: then it
 * overwrites. What a repository cannot be opened without (`config`, `keys`, `snapshots`, `index`) is looked up first;
 * `data`, nearly every upload there is, is not. Nodes are trusted with overwriting anyway. Whose a lock is has to be on
 * record before it exists, whoever creates it.
 */
export function needsLookup(identity: string, target: Target | Refusal): Lookup {
  if ("refused" in target || target.protocol !== "rest" || target.method !== "POST" || target.create) {
    return "no";
  }
  if (target.place.kind !== "repository") return "no";
  const { item } = target.place;
  if (item.kind === "object" && item.type === "locks") return "lock";
  if (identity.startsWith("node/")) return "no";
  if (item.kind === "config") return "absent";
  return item.kind === "object" && ["keys", "snapshots", "index"].includes(item.type) ? "absent" : "no";
}
