import type { Reach } from "../control_app.ts";
import type { Peer } from "../domain/peer.ts";

/** Longer than a node takes to say that a storage is silent (reach.ts). */
const TIMEOUT_MS = 8000;
const PORT = 4694;

/**
 * Asks another node's gateway with this node's own credentials. False where it does not answer, or does not reach the destination.
 * Redirections are not followed: the credentials go to this node and to no other.
 */
export function askPeer(
  user: string,
  password: string,
): (peer: Peer, destination: string) => Promise<boolean> {
  const authorization = `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
  return async ({ address }, destination) => {
    const host = address.includes(":") ? `[${address}]` : address;
    try {
      const response = await fetch(`http://${host}:${PORT}/-/destinations/${destination}`, {
        headers: { authorization },
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status !== 200) {
        await response.body?.cancel();
        return false;
      }
      return (await response.json() as Reach).reachable === true;
    } catch {
      return false;
    }
  };
}
