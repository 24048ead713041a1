import type { Peer } from "./peer.ts";
import type { Uuid } from "./uuid.ts";

/** A remote of rclone and a path on it: `<remote>:<path>`, with the remote's section of rclone.conf. */
export type Remote = {
  /** the remote's parameters, in order; secrets among them are as rclone stores them */
  readonly parameters: readonly (readonly [key: string, value: string])[];
  readonly path: string;
};

/** A destination as this node should serve it. */
export type Destination = {
  readonly id: Uuid;
  readonly name: string;
  readonly provider: string;
  readonly serving:
    | { readonly kind: "remote"; readonly remote: Remote }
    /** the local disk of this node: a folder, seen by this process, too */
    | { readonly kind: "local"; readonly remote: Remote }
    /** the disk of another node: its gateway serves it, at this address */
    | { readonly kind: "elsewhere"; readonly address: string }
    /** known, but not served by this node, because … */
    | { readonly kind: "not-served"; readonly because: string };
};

/** What this node should serve. */
export type DesiredState = {
  /** what is not in it is not known to the cluster: there are accounts, and with them all the rest was there to be read */
  readonly complete: boolean;
  readonly destinations: readonly Destination[];
  /** the networks that may connect beside loopback, as CIDRs */
  readonly networks: readonly string[];
  /** this node's own address in it; undefined where it has none */
  readonly ownAddress: string | undefined;
  /** the other nodes that have an address in it of their own, the leader first, then by number */
  readonly peers: readonly Peer[];
  /** nodes that others cannot reach, with why */
  readonly unreachable: readonly { readonly node: string; readonly because: string }[];
  /** what of the stored state is not valid and was left out, one sentence each */
  readonly problems: readonly string[];
};
