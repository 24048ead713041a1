import { askSocket } from "./ask_socket.ts";

/**
 * The numbers of the cluster's nodes, as the sidecar at `socket` knows them: those that may log in. While it does not answer, the
 * last that it said: its restart is no reason to forget nodes, or to stop reading what else has changed.
 */
export function knownNodes(socket: string): () => Promise<readonly string[]> {
  let last: readonly string[] = [];
  return async () => {
    const said: unknown = await askSocket(socket, "/nodes").then(JSON.parse).catch(() => undefined);
    if (Array.isArray(said)) {
      last = said.filter((each) => typeof each === "string" && /^[1-9][0-9]{0,8}$/.test(each));
    }
    return last;
  };
}
