import type { Refusal, Target } from "../gateway/domain/target.ts";

/**
 * Whether an upload may go ahead only after a lookup has said that nothing is stored under its name. rclone's own
 * append-only check is open when its lookup fails: then it overwrites. What a repository cannot be opened without
 * (`config`, `keys`, `snapshots`, `index`) is looked up first; `data`, nearly every upload there is, is not. Nodes are
 * trusted with overwriting anyway.
 */
export function needsLookup(identity: string, target: Target | Refusal): boolean {
  if ("refused" in target || target.protocol !== "rest" || target.method !== "POST" || target.create) {
    return false;
  }
  if (identity.startsWith("node/") || target.place.kind !== "repository") return false;
  const { item } = target.place;
  if (item.kind === "config") return true;
  return item.kind === "object" && ["keys", "snapshots", "index"].includes(item.type);
}
