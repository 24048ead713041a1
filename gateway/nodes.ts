import { askSocket } from "./ask_socket.ts";

/**
 * The numbers of the cluster's nodes, as the sidecar at `socket` knows them: those that may log in. While it does not answer, the
 * last that it said: its restart is no reason to forget nodes, or to stop reading what else has changed. Undefined where it has
 * not known any account yet: every cluster has one, and where there is none its data is not there yet.
 */
export function knownNodes(socket: string): () => Promise<readonly string[] | undefined> {
  let last: readonly string[] | undefined;
  return async () => {
    try {
      const said: readonly unknown[] = JSON.parse(await askSocket(socket, "/nodes"));
      last = said.map(String).filter((each) => /^[1-9][0-9]{0,8}$/.test(each));
    } catch { /* why is in the status: see sidecar_status.ts */ }
    return last;
  };
}
