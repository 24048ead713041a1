import type { DesiredState } from "../domain/destination.ts";
import { canonicalAddress } from "./canonical_address.ts";
import { inNetworks } from "./in_networks.ts";
import { KEYS } from "./keys.ts";
import { type StoredState, Unreadable } from "./stored_state.ts";

/**
 * The cluster's other nodes: those whose gateways can be reached, the leader first, then by number, and those that cannot. An
 * address stands for one node only: the first that has it.
 */
export function nodesOf(
  { otherAddresses, leader, ownAddress }: Pick<StoredState, "otherAddresses" | "leader" | "ownAddress">,
  networks: readonly string[],
): Pick<DesiredState, "peers" | "unreachable"> {
  const first = (node: string): number => node === leader ? 0 : Number(node);
  const peers: { node: string; address: string }[] = [];
  const unreachable: { node: string; because: string }[] = [];
  const taken = new Map<string | undefined, string>();
  // What is sent to this node's own address would come back to it, and go round in circles.
  if (typeof ownAddress === "string") taken.set(canonicalAddress(ownAddress), "this node");
  const others = Object.entries(otherAddresses ?? {});
  for (const [node, stored] of others.sort(([one], [other]) => first(one) - first(other))) {
    const known = nodeAddress(node, stored, networks);
    if ("because" in known) {
      unreachable.push({ node, because: known.because });
      continue;
    }
    const { address } = known;
    const other = taken.get(address);
    if (other === undefined) {
      taken.set(address, `node ${node}`);
      peers.push({ node, address });
    } else unreachable.push({ node, because: `${other} has its address ${address}, too` });
  }
  return { peers, unreachable };
}

/** A node's address in the cluster's network, or why it cannot be used: nobody's credentials are sent to any other. */
export function nodeAddress(
  node: string,
  stored: string | undefined | Unreadable,
  networks: readonly string[],
): { readonly address: string } | { readonly because: string } {
  const key = KEYS.vpn(node);
  if (stored === undefined) return { because: `${key} has no ip_address` };
  if (stored instanceof Unreadable) return { because: `${key} cannot be read: ${stored.because}` };
  const address = canonicalAddress(stored);
  if (address === undefined) {
    return { because: `${key} has an ip_address that is none: ${JSON.stringify(stored)}` };
  }
  return inNetworks(address, networks)
    ? { address }
    : { because: `its address ${address} is not in the cluster's network` };
}
