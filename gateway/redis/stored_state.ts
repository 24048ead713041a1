import type { RedisReads } from "./client.ts";
import { KEYS } from "./keys.ts";

/** The hashes a desired state is made of, as Redis holds them. */
export type StoredState = {
  readonly rcloneConf: Readonly<Record<string, string>>;
  /** public facts by destination, or why they cannot be read */
  readonly repositories: Readonly<Record<string, Readonly<Record<string, string>> | Unreadable>>;
  readonly network: string | undefined;
  /** the leader's node id; undefined where the cluster does not say, as on a single host */
  readonly leader: string | undefined;
  /** `ip_address` of this node inside the cluster network */
  readonly ownAddress: string | undefined | Unreadable;
  /** the same of every other node of the cluster, by its number; undefined where it is not known which nodes there are */
  readonly otherAddresses: Readonly<Record<string, string | undefined | Unreadable>> | undefined;
};

/** A key that holds something else than it should, in Redis's own words. */
export class Unreadable {
  constructor(readonly because: string) {}
}

/**
 * Reads everything a desired state is made of. Throws where the list of destinations cannot be read: half a list is
 * none. `nodes` are the numbers of the cluster's nodes, where these are known. A key that concerns one destination or one node
 * only is {@link Unreadable}, and the others are not touched.
 */
export async function readStoredState(
  redis: RedisReads,
  nodeId: string,
  nodes?: readonly string[],
): Promise<StoredState> {
  const rcloneConf = await redis.hGetAll(KEYS.rcloneConf);
  const ids = Object.keys(rcloneConf);
  const address = (node: string): Promise<string | null | Unreadable> =>
    redis.hGet(KEYS.vpn(node), "ip_address").catch(wrongType);
  const others = nodes === undefined ? undefined : await Promise.all(
    nodes.filter((node) => node !== nodeId).map(async (node) =>
      [node, await address(node) ?? undefined] as const
    ),
  );
  const [network, leader, ownAddress, ...hashes] = await Promise.all([
    redis.get(KEYS.network),
    redis.hGet(KEYS.clusterEnvironment, "NODE_ID"),
    address(nodeId),
    ...ids.map((id) => redis.hGetAll(KEYS.repository(id)).catch(wrongType)),
  ]);
  return {
    rcloneConf,
    repositories: Object.fromEntries(ids.map((id, index) => [id, hashes[index] ?? {}])),
    network: network ?? undefined,
    leader: leader ?? undefined,
    ownAddress: ownAddress ?? undefined,
    otherAddresses: others === undefined ? undefined : Object.fromEntries(others),
  };
}

/** A key of the wrong type is one thing, a Redis that went away another. Source: redis.io, error prefixes. */
function wrongType(error: Error): Unreadable {
  if (error.message.startsWith("WRONGTYPE")) return new Unreadable(error.message);
  throw error;
}
