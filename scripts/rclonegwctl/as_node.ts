import { type Access, accessTo, type Credentials, type Repository } from "../../backup/restic/access.ts";
import { type WebDav, webdav } from "../../backup/webdav/webdav.ts";
import type { Settings } from "../../gateway/settings.ts";
import { failed, invalid } from "./failure.ts";
import type { Known } from "./known.ts";

/** This host's gateway, and this node's identity there. */
export type AsNode = { readonly gateway: string; readonly node: Credentials };

/** Ends the command where the settings do not say who this node is to its gateway. */
export function asNode({ port, nodeId, nodePassword }: Settings): AsNode {
  if (nodePassword === undefined) {
    invalid(
      `Cannot ask the gateway as node/${nodeId}: its secret is missing. Give NODE_PASSWORD or NODE_PASSWORD_FILE.`,
    );
  }
  return { gateway: gatewayAddress({ port }), node: { user: `node/${nodeId}`, secret: nodePassword } };
}

/** Where this host's gateway listens for those on it. */
export function gatewayAddress({ port }: Pick<Settings, "port">): string {
  return `http://127.0.0.1:${port}`;
}

/** Its WebDAV; one request may take so long. */
export function davOf({ gateway, node }: AsNode, timeoutMs: number, signal?: AbortSignal): WebDav {
  return webdav(gateway, node, { timeoutMs, ...(signal === undefined ? {} : { signal }) });
}

/** How this node's restic opens a repository. */
export function nodeAccess({ gateway, node }: AsNode, repository: Repository, known: Known): Access {
  return accessTo(gateway, repository, node, resticPassword(known, repository));
}

/** The restic password of a repository's destination. */
export function resticPassword({ passwords }: Known, { destination }: Repository): string {
  return passwords[destination] ?? failed(`Cannot open what is on ${destination}: it has no restic password`);
}
