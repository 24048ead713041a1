import { type NodeTrial, notTried, parseTrialReport, type TrialReport } from "../domain/node_trial.ts";
import type { Peer } from "../domain/peer.ts";
import { type AskPeer, PeerRefused } from "../failover/ask_peer.ts";
import type { AskedToTry } from "./judge.ts";

/** Longer than a trial takes at most: four steps of 30 s (rclone/trial.ts). */
const WITHIN_MS = 130_000;
/** How many nodes are asked at the same time. */
const AT_ONCE = 32;

/** Asks nodes to try a destination, in parallel; their answers in the nodes' order. Never throws: who does not answer has tried nothing. */
export async function askNodes(
  ask: AskPeer,
  peers: readonly Peer[],
  asked: AskedToTry,
): Promise<NodeTrial[]> {
  const answers: NodeTrial[] = [];
  const waiting = [...peers.entries()];
  const next = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
      const [index, peer] = entry;
      answers[index] = { node: peer.node, ...await one(ask, peer, asked) };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return answers;
}

async function one(ask: AskPeer, peer: Peer, asked: AskedToTry): Promise<TrialReport> {
  try {
    const said = await ask(peer, "validate", WITHIN_MS, asked);
    return parseTrialReport(said) ?? notTried("its answer is not one that is known here");
  } catch (error) {
    return notTried(whyNot(error as Error));
  }
}

function whyNot(error: Error): string {
  if (!(error instanceof PeerRefused)) return `its gateway does not answer (${error.name})`;
  const { status, text } = error;
  return status === 404 ? "its gateway is too old to try destinations" : `it answers ${status}: ${text}`;
}
