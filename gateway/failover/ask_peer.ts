import type { Peer } from "../domain/peer.ts";

/** The gateways' port: nodes do not tell one another another one. */
const PORT = 4694;

/** Asks another node's gateway something below `/-/`: what it answers. Throws where that is not a 200 within `timeoutMs`. */
export type AskPeer = (peer: Peer, path: string, timeoutMs: number) => Promise<unknown>;

/**
 * Asks with this node's own credentials, `user` and `password`. Redirections are not followed: the credentials go to that node
 * and to no other.
 */
export function askPeer(user: string, password: string): AskPeer {
  const authorization = `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
  return async ({ address }, path, timeoutMs) => {
    const host = address.includes(":") ? `[${address}]` : address;
    const response = await fetch(`http://${host}:${PORT}/-/${path}`, {
      headers: { authorization },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 200) return await response.json();
    await response.body?.cancel();
    throw new Error(`it answers ${response.status}`);
  };
}
