/** The Redis server that a node reads, as the sidecar knows it: how far its restore grants can be believed. */
export type ReplicaStatus = {
  /** the leader's own server or a replica of it; unknown where it does not say */
  readonly role: "leader" | "replica" | "unknown";
  /** the link to the leader; only of a replica */
  readonly link?: "up" | "down";
  /** whole seconds since the leader was last heard over that link; absent where it was not heard on this connection */
  readonly heardSecondsAgo?: number;
  /** AUTHZ_MAX_REPLICA_LAG: restore grants are believed only while the leader was heard less than so many seconds ago */
  readonly maxSeconds: number;
  /** refused: requests that need one get 503 */
  readonly restoreGrants: "in-force" | "refused";
  /** what is wrong; absent where nothing is */
  readonly because?: string;
};
