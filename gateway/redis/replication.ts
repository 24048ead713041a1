/** How a Redis server stands to its leader. */
export type Replication =
  | { readonly role: "leader" }
  /** `heardSecondsAgo`: since anything came over the link, be it the leader's PING (each 10 s: repl-ping-replica-period) */
  | { readonly role: "replica"; readonly link: "up"; readonly heardSecondsAgo: number }
  /** `syncing`: everything is being copied anew, and what is there is old until that is done */
  | { readonly role: "replica"; readonly link: "down"; readonly syncing: boolean };

/**
 * The reply to `INFO replication` (Redis 7 and 8; its fields are described at redis.io), or undefined where it does not say
 * how the server stands. How long a link has been down is left out: Redis counts that from when it gave the link up, and a
 * silent leader is given up only after a minute (repl-timeout).
 */
export function parseReplication(info: string): Replication | undefined {
  const fields = new Map<string, string>();
  for (const line of info.split("\n")) {
    const [, name, value] = /^([a-z0-9_]+):(.*?)\r?$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) fields.set(name, value);
  }
  const role = fields.get("role");
  if (role === "master") return { role: "leader" };
  if (role !== "slave") return undefined;
  const heard = fields.get("master_last_io_seconds_ago") ?? "";
  switch (fields.get("master_link_status")) {
    case "up":
      // Without a number nothing says how old the link's last sign is.
      return /^[0-9]{1,15}$/.test(heard)
        ? { role: "replica", link: "up", heardSecondsAgo: Number(heard) }
        : undefined;
    case "down":
      return { role: "replica", link: "down", syncing: fields.get("master_sync_in_progress") === "1" };
    default:
      return undefined;
  }
}
