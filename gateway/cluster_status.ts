import type { Peer } from "./domain/peer.ts";
import type { AskPeer } from "./failover/ask_peer.ts";
import type { GatewayStatus, NodeStatus } from "./health.ts";

const TIMEOUT_MS = 5000;
/** How many nodes are asked at the same time. */
const AT_ONCE = 32;

/** Every node of the cluster: this one first, then those that are asked, then those that cannot be. */
export async function clusterStatus(parts: {
  readonly own: () => Promise<GatewayStatus>;
  readonly peers: readonly Peer[];
  readonly unreachable: readonly { readonly node: string; readonly because: string }[];
  /** or why this node can ask nobody */
  readonly ask: AskPeer | string;
}): Promise<NodeStatus[]> {
  const status = await parts.own();
  const asked: NodeStatus[] = [];
  const waiting = [...parts.peers.entries()];
  const next = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
      const [index, peer] = entry;
      asked[index] = await one(peer, parts.ask);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return [{ node: status.node, status }, ...asked, ...parts.unreachable];
}

async function one(peer: Peer, ask: AskPeer | string): Promise<NodeStatus> {
  if (typeof ask === "string") return { ...peer, because: ask };
  try {
    return { ...peer, status: await ask(peer, "status", TIMEOUT_MS) as GatewayStatus };
  } catch (error) {
    const { name, message } = error as Error;
    return { ...peer, because: name === "Error" ? message : `its gateway does not answer (${name})` };
  }
}
