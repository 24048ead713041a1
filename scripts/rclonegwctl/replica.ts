import type { ReplicaStatus } from "../../gateway/domain/replica.ts";

/** One line: how the Redis that this node reads stands to the leader, and what follows for those who restore. */
export function tellReplica(
  { role, link, heardSecondsAgo, maxSeconds, restoreGrants, because }: ReplicaStatus,
): string {
  const follows = restoreGrants === "refused"
    ? "what needs a restore grant gets 503; the rest goes on"
    : `restore grants stand ${Math.max(0, maxSeconds - (heardSecondsAgo ?? 0))} s longer; the rest goes on`;
  switch (role) {
    case "leader":
      return "none: what is read is the leader itself";
    case "replica":
      return because === undefined
        ? `link ${link}, the leader was heard ${heardSecondsAgo ?? "?"} s ago`
        : `LINK ${link === "up" ? "SILENT" : "DOWN"}: ${because}; ${follows}`;
    case "unknown":
      return `UNKNOWN: ${because}; ${follows}`;
    default:
      return role satisfies never;
  }
}
