import type { DesiredState } from "../domain/destination.ts";
import { inNetworks } from "./in_networks.ts";
import { type StoredState, Unreadable } from "./stored_state.ts";

/** The cluster's other nodes: those whose gateways can be reached, the leader first, then by number, and those that cannot. */
export function nodesOf(
  { otherAddresses, leader }: Pick<StoredState, "otherAddresses" | "leader">,
  networks: readonly string[],
): Pick<DesiredState, "peers" | "unreachable"> {
  const first = (node: string): number => node === leader ? 0 : Number(node);
  const peers: { node: string; address: string }[] = [];
  const unreachable: { node: string; because: string }[] = [];
  for (const node of Object.keys(otherAddresses).sort((one, other) => first(one) - first(other))) {
    const address = otherAddresses[node];
    if (address === undefined) unreachable.push({ node, because: `node/${node}/vpn has no ip_address` });
    else if (address instanceof Unreadable) {
      unreachable.push({ node, because: `node/${node}/vpn cannot be read: ${address.because}` });
      // Nobody's credentials are sent to an address that is not the cluster's.
    } else if (!inNetworks(address, networks)) {
      unreachable.push({ node, because: `its address ${address} is not in the cluster's network` });
    } else peers.push({ node, address });
  }
  return { peers, unreachable };
}
