import { type RcloneServer, SERVERS } from "../domain/decision.ts";
import type { DesiredState, Remote } from "../domain/destination.ts";
import { isOauthToken } from "../domain/oauth_token.ts";
import type { Uuid } from "../domain/uuid.ts";
import { renderRcloneConf } from "./rclone_conf.ts";

/**
 * One process of rclone for one destination in one configuration. The name is `<destination>.<generation>`: when
 * the configuration changes, the sockets are new ones, and what still runs on the old ones is left to end.
 */
export type Instance = {
  readonly name: string;
  readonly destination: Uuid;
  /** rclone's name for what is served: `<section>:<path>` */
  readonly fs: string;
  readonly rcloneConf: string;
  /** the folder that is served, where it is one on this node's disk */
  readonly localFolder: string | undefined;
};

/** What HAProxy reads of a bundle, beside base.cfg. */
export const HAPROXY_FILES = [
  "backends.cfg",
  "routes.map",
  "elsewhere.map",
  "failover.map",
  "networks.lst",
  "own.lst",
] as const;

/** This node's certificate with its key, and what the nodes' certificates are signed by: the files beside them, where they are used. */
export type TlsFiles = { readonly "tls.pem"?: string; readonly "ca.pem"?: string };

/** Everything that is rendered from a state. */
export type Bundle = {
  /** file name -> content, for HAProxy */
  readonly haproxy: Readonly<Record<typeof HAPROXY_FILES[number], string>> & TlsFiles;
  readonly instances: readonly Instance[];
  /** why a destination that is known is not served */
  readonly notServed: ReadonlyMap<Uuid, string>;
  /** the address of the node on whose disk a destination is */
  readonly elsewhere: ReadonlyMap<Uuid, string>;
  /** the addresses of other nodes that requests can be passed on to */
  readonly peers: ReadonlySet<string>;
};

/**
 * Renders a state. `generation` turns a configuration into a short word that differs when the configuration does;
 * it must not allow to guess the configuration, since it stands in paths.
 */
export function renderBundle(state: DesiredState, generation: (configuration: string) => string): Bundle {
  const instances: Instance[] = [];
  const notServed = new Map<Uuid, string>();
  const elsewhere = new Map<Uuid, string>();
  for (const { id, serving } of state.destinations) {
    if (serving.kind === "not-served") {
      notServed.set(id, serving.because);
      continue;
    }
    if (serving.kind === "elsewhere") {
      elsewhere.set(id, serving.address);
      continue;
    }
    try {
      const rcloneConf = renderRcloneConf(id, serving.remote);
      const fs = `${id}:${serving.remote.path}`;
      instances.push({
        name: `${id}.${generation(`${fs}\n${lasting(id, serving.remote)}`)}`,
        destination: id,
        fs,
        rcloneConf,
        localFolder: serving.kind === "local" ? serving.remote.path : undefined,
      });
    } catch (error) {
      notServed.set(id, (error as Error).message);
    }
  }
  const peers = new Set([...elsewhere.values(), ...state.peers.map(({ address }) => address)]);
  return {
    haproxy: {
      "backends.cfg": [
        ...instances.flatMap((instance) => SERVERS.map((server) => backend(instance, server))),
        ...[...peers].sort().map(peerBackend),
      ].join(""),
      // A destination that is known but not served has a route, too: the keeper then says why. The first line says
      // that what has none is not known, and not only not known yet: 403 is final.
      "routes.map": [
        ...(state.complete ? ["complete yes\n"] : []),
        ...instances.map((instance) => `${instance.destination} ${instance.name}\n`),
        ...[...notServed.keys(), ...elsewhere.keys()].map((id) => `${id} ${id}.none\n`),
      ].join(""),
      "elsewhere.map": [...elsewhere].map(([id, address]) => `${id} ${peerName(address)}\n`).join(""),
      // Filled while HAProxy runs.
      "failover.map": "",
      "networks.lst": state.networks.map((network) => `${network}\n`).join(""),
      "own.lst": ["127.0.0.0/8", "::1", ...(state.ownAddress === undefined ? [] : [state.ownAddress])]
        .map((address) => `${address}\n`).join(""),
    },
    instances,
    notServed,
    elsewhere,
    peers,
  };
}

/** The configuration without what is refreshed all the time: a new token is no reason for another process. */
function lasting(id: Uuid, remote: Remote): string {
  const parameters = remote.parameters.filter(([key, value]) => !isOauthToken(key, value));
  return renderRcloneConf(id, { ...remote, parameters });
}

function backend(instance: Instance, server: RcloneServer): string {
  return `backend ${instance.name}.${server} from rclone\n` +
    `    server rclone unix@/run/gateway/rclone/${instance.name}/${server}.sock\n`;
}

/** Another node's gateway. Where TLS is used between nodes, it has to show a certificate for its address. */
function peerBackend(address: string): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `backend ${peerName(address)} from peer\n    server gateway ${host}:4694 verifyhost ${address}\n`;
}

/** The backend of the node at an address. */
export function peerName(address: string): string {
  return `peer.${address}`;
}
