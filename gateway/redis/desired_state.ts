import type { DesiredState, Destination, Remote } from "../domain/destination.ts";
import { isOauthToken, withoutRefreshToken } from "../domain/oauth_token.ts";
import { isCidr } from "../domain/network.ts";
import { remotePath } from "../domain/remote_path.ts";
import { parseUuid, type Uuid } from "../domain/uuid.ts";
import { canonicalAddress } from "./canonical_address.ts";
import { inNetworks } from "./in_networks.ts";
import { KEYS } from "./keys.ts";
import { nodeAddress, nodesOf } from "./nodes_of.ts";
import { parseRcloneSection } from "./rclone_section.ts";
import { type StoredState, Unreadable } from "./stored_state.ts";

/** What of it belongs to this node. */
export type OwnNode = {
  readonly nodeId: string;
  /** CIDRs from the settings; they go before `cluster/network` */
  readonly clusterNetwork: readonly string[] | undefined;
  /** where this node's own `cluster` destination is stored */
  readonly localFolder: string;
};

/** What this node should serve. A destination that cannot be understood is set aside, the others are not touched. */
export function desiredState(stored: StoredState, own: OwnNode): DesiredState {
  const destinations: Destination[] = [];
  const network = own.clusterNetwork ?? (stored.network === undefined ? [] : [stored.network]);
  const networks = network.filter(isCidr);
  const nodes = nodesOf(stored, networks);
  const cluster: Cluster = {
    networks,
    nodes: stored.otherAddresses && new Set(nodes.peers.map(({ address }) => address)),
    own: ownAddress(stored, own.nodeId),
  };
  for (const id of Object.keys(stored.rcloneConf).sort()) {
    const uuid = parseUuid(id);
    if (uuid === undefined) continue;
    destinations.push(onlyOnce(destination(uuid, stored, own, cluster), destinations));
  }
  return {
    complete: stored.otherAddresses !== undefined,
    destinations,
    networks,
    ...nodes,
    ownAddress: "address" in cluster.own ? cluster.own.address : undefined,
    problems: [
      // Without a network only loopback may connect: closed, where the other way to fail would be open.
      ...network.filter((cidr) => !isCidr(cidr)).map((cidr) =>
        `${KEYS.network} is not a network such as 10.5.4.0/24 (it is ${
          JSON.stringify(cidr)
        }): only loopback may connect`
      ),
      ...ownProblems(stored, own.nodeId, cluster),
    ],
  };
}

/** Where the cluster's nodes are. */
type Cluster = {
  readonly networks: readonly string[];
  /** the other nodes' addresses; undefined: it is not known which nodes there are */
  readonly nodes: ReadonlySet<string> | undefined;
  readonly own: { readonly address: string | undefined } | { readonly because: string };
};

/** This node's own address, undefined where it has none, as on a host without a cluster; or why it cannot be used. */
function ownAddress({ ownAddress }: StoredState, nodeId: string): Cluster["own"] {
  if (ownAddress === undefined) return { address: undefined };
  const address = ownAddress instanceof Unreadable ? undefined : canonicalAddress(ownAddress);
  // Whatever its network is: who is a local client does not depend on it.
  return address === undefined ? nodeAddress(nodeId, ownAddress, []) : { address };
}

/** What is wrong with this node's own address. Where there are other nodes it has to have one by which they find it. */
function ownProblems(stored: StoredState, nodeId: string, { networks, own }: Cluster): string[] {
  const alone = Object.keys(stored.otherAddresses ?? {}).length === 0;
  const asOthers = alone ? own : nodeAddress(nodeId, stored.ownAddress, networks);
  const because = "because" in own ? own.because : "because" in asOthers ? asOthers.because : undefined;
  return because === undefined ? [] : [`this node's own address cannot be used: ${because}`];
}

/**
 * Two destinations of one folder would be two processes of rclone in it, and what one looks for as torn after a kill
 * would be what is just being uploaded through the other. The first is served.
 */
function onlyOnce(next: Destination, before: readonly Destination[]): Destination {
  const same = before.find(({ serving }) => serving.kind === "local" && next.serving.kind === "local");
  return same === undefined ? next : {
    ...next,
    serving: {
      kind: "not-served",
      because: `it is the same disk as destination ${same.id}: remove one of them`,
    },
  };
}

function destination(
  id: Uuid,
  stored: StoredState,
  own: OwnNode,
  cluster: Cluster,
): Destination {
  const facts = stored.repositories[id] ?? {};
  if (facts instanceof Unreadable) {
    const because = `${KEYS.repository(id)} cannot be read: ${facts.because}`;
    return { id, name: id, provider: "", serving: { kind: "not-served", because } };
  }
  const provider = facts["provider"] ?? "";
  const known = { id, name: facts["name"] ?? id, provider };
  const notServed = (because: string): Destination => ({
    ...known,
    serving: { kind: "not-served", because },
  });

  if (facts["provider"] === undefined) {
    return notServed(`${KEYS.repository(id)} has no provider: add the destination again, or remove it`);
  }
  if (provider === "cluster") {
    const url = facts["url"] ?? "";
    if ("because" in cluster.own) {
      return notServed(`this node's own address cannot be used: ${cluster.own.because}`);
    }
    const address = addressOf(url);
    if (address === undefined) {
      return notServed(
        `its url is not webdav:http://<address of a node>:4694 (it is ${JSON.stringify(url)})`,
      );
    }
    // On a host without a cluster network the only node is reached over loopback.
    if (address === (cluster.own.address ?? "127.0.0.1")) {
      const remote: Remote = { parameters: [["type", "local"]], path: own.localFolder };
      return { ...known, serving: { kind: "local", remote } };
    }
    // Nobody's credentials are sent to an address that is not the cluster's, or that no node has any more.
    if (!inNetworks(address, cluster.networks)) {
      return notServed(`it is stored on the disk of ${address}, which is not in the cluster's network`);
    }
    return cluster.nodes === undefined || cluster.nodes.has(address)
      ? { ...known, serving: { kind: "elsewhere", address } }
      : notServed(
        `it is stored on the disk of ${address}, and no other node has that address: where its node was renumbered, alter its url`,
      );
  }
  try {
    const parameters = parseRcloneSection(stored.rcloneConf[id] ?? "");
    const root = parameters.find(([key]) => key === "url")?.[1];
    const remote: Remote = {
      parameters: ownTokens(parameters, isLeader(stored, own)),
      path: remotePath(provider, facts["url"] ?? "", facts["basepath"] ?? "", root),
    };
    return { ...known, serving: { kind: "remote", remote } };
  } catch (error) {
    return notServed(`its rclone configuration cannot be used: ${(error as Error).message}`);
  }
}

/** Whether this node is the leader's. A host without a cluster is its own. */
function isLeader(stored: Pick<StoredState, "leader">, own: Pick<OwnNode, "nodeId">): boolean {
  return stored.leader === undefined || stored.leader === own.nodeId;
}

/** Only the leader's node refreshes OAuth tokens: the others get them without what it takes. */
function ownTokens(
  parameters: [key: string, value: string][],
  leader: boolean,
): [key: string, value: string][] {
  return leader
    ? parameters
    : parameters.map(([key, value]) => [key, isOauthToken(key, value) ? withoutRefreshToken(value) : value]);
}

/** The node's address in a `cluster` destination's url, `webdav:http://<vpn address>:4694`. */
function addressOf(url: string): string | undefined {
  const address = /^webdav:http:\/\/(?:([0-9.]+)|\[([0-9a-f:]+)\]):4694$/.exec(url)?.slice(1).find((each) =>
    each !== undefined
  );
  return address === undefined ? undefined : canonicalAddress(address) ?? address;
}
