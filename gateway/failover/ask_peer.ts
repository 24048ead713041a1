import { boundedText } from "../bounded_text.ts";
import { oneLine } from "../domain/node_trial.ts";
import type { Peer } from "../domain/peer.ts";
import type { Settings } from "../settings.ts";

/** The gateways' port: nodes do not tell one another another one. */
const PORT = 4694;

/** What another node's answer may be long, at most: a status has some hundred bytes for each destination. */
const LARGEST_BYTES = 4 << 20;

/**
 * Asks another node's gateway something below `/-/`: what it answers. With a body it is a POST of that as JSON. Throws where the
 * answer is not a 200 within `timeoutMs`, and a {@link PeerRefused} where it is another one.
 */
export type AskPeer = (peer: Peer, path: string, timeoutMs: number, body?: unknown) => Promise<unknown>;

/** It answers something else than a 200, and why in one line. */
export class PeerRefused extends Error {
  constructor(readonly status: number, readonly text: string) {
    super(`it answers ${status}`);
  }
}

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
  return async ({ address }, path, timeoutMs, body) => {
    const host = address.includes(":") ? `[${address}]` : address;
    using client = socket === undefined
      ? undefined
      : Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
    const response = await fetch(`http://${host}:${PORT}/-/${path}`, {
      headers: { authorization, ...client === undefined ? {} : { "x-gateway-peer": address } },
      ...body === undefined ? {} : { method: "POST", body: JSON.stringify(body) },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
      ...client === undefined ? {} : { client },
    });
    const text = await boundedText(response.body, LARGEST_BYTES) ?? "";
    if (response.status === 200) return JSON.parse(text);
    throw new PeerRefused(response.status, oneLine(text));
  };
}
