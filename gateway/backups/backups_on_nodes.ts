import type { DesiredState } from "../domain/destination.ts";
import { type NodeBackupRun, parseBackupRun, unknownRun } from "../domain/backup_run.ts";
import { type AskPeer, PeerRefused } from "../failover/ask_peer.ts";
import type { Settings } from "../settings.ts";
import { type HostBackups, hostBackups } from "./host_backups.ts";

/** Longer than the host may take there (host_backups.ts). */
const WITHIN_MS = 15_000;

/** What the operator asks about a backup, of this node and of others. Never throws: who does not answer is unknown. */
export type BackupsOnNodes = (
  what: "start" | "stateOf",
  id: string,
  nodes: readonly string[],
) => Promise<readonly NodeBackupRun[]>;

/** What other nodes ask this one's host, and what the operator asks of nodes: all of them at once. */
export function backupsOnNodes(
  { nodeId, stateDir }: Pick<Settings, "nodeId" | "stateDir">,
  { state, ask, here = hostBackups(`${stateDir}/backup.sock`) }: {
    readonly state: () => Pick<DesiredState, "peers" | "unreachable">;
    /** how others are asked, or why this node cannot */
    readonly ask: AskPeer | string;
    readonly here?: HostBackups;
  },
): { readonly here: HostBackups; readonly onNodes: BackupsOnNodes } {
  async function one(what: "start" | "stateOf", id: string, node: string): Promise<NodeBackupRun> {
    if (node === nodeId) return { node, ...await here[what](id) };
    if (typeof ask === "string") return unknownRun(node, ask);
    const { peers, unreachable } = state();
    const peer = peers.find((each) => each.node === node);
    if (peer === undefined) {
      return unknownRun(
        node,
        unreachable.find((each) => each.node === node)?.because ?? "there is no such node",
      );
    }
    const said = what === "start"
      ? await ask(peer, `backups/${id}/run`, WITHIN_MS, {})
      : await ask(peer, `backups/${id}`, WITHIN_MS);
    const run = parseBackupRun(said);
    return run === undefined
      ? unknownRun(node, "its answer is not one that is known here")
      : { node, ...run };
  }

  return {
    here,
    onNodes: (what, id, nodes) =>
      Promise.all(
        nodes.map((node) => one(what, id, node).catch((error) => unknownRun(node, whyNot(error as Error)))),
      ),
  };
}

function whyNot(error: Error): string {
  if (!(error instanceof PeerRefused)) {
    return error.name === "Error" ? error.message : `its gateway does not answer (${error.name})`;
  }
  const { status, text } = error;
  return status === 404 ? "its gateway is too old to start backups" : text || `it answers ${status}`;
}
