import type { Peer } from "../domain/peer.ts";
import type { Settings } from "../settings.ts";

/** The gateways' port: nodes do not tell one another another one. */
const PORT = 4694;

/** Asks another node's gateway something below `/-/`: what it answers. Throws where that is not a 200 within `timeoutMs`. */
export type AskPeer = (peer: Peer, path: string, timeoutMs: number) => Promise<unknown>;

/**
 * How this node asks others, or why it cannot. Where nodes speak TLS, HAProxy does that part, at `tlsSocket`: it is the one that has
 * the certificates, and the same rules hold for a node's own question as for what is passed on.
 */
export function peerAsker(
  settings: Pick<Settings, "nodeId" | "nodePassword" | "tlsCert" | "tlsCa">,
  tlsSocket: string,
): AskPeer | string {
  const { nodeId, nodePassword, tlsCert, tlsCa } = settings;
  if (nodePassword === undefined) return "this node has no secret to ask it with: set NODE_PASSWORD";
  if (tlsCert !== undefined && tlsCa === undefined) {
    return "this node cannot tell whom it speaks to: TLS_CERT is set and TLS_CA is not";
  }
  return askPeer(`node/${nodeId}`, nodePassword, tlsCa === undefined ? undefined : tlsSocket);
}

/**
 * Asks with this node's own credentials, `user` and `password`. Redirections are not followed: the credentials go to that node
 * and to no other.
 */
export function askPeer(user: string, password: string, socket: string | undefined): AskPeer {
  const authorization = `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
  return async ({ address }, path, timeoutMs) => {
    const host = address.includes(":") ? `[${address}]` : address;
    using client = socket === undefined
      ? undefined
      : Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
    const response = await fetch(`http://${host}:${PORT}/-/${path}`, {
      headers: { authorization, ...client === undefined ? {} : { "x-gateway-peer": address } },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
      ...client === undefined ? {} : { client },
    });
    if (response.status === 200) return await response.json();
    await response.body?.cancel();
    throw new Error(`it answers ${response.status}`);
  };
}
