import type { DesiredState } from "../domain/destination.ts";
import { type NodeTrial, notTried, type TrialReport } from "../domain/node_trial.ts";
import type { AskPeer } from "../failover/ask_peer.ts";
import { secretValues } from "../rclone/section_policy.ts";
import { tryRemote } from "../rclone/trial.ts";
import { trialReport } from "../rclone/trial_report.ts";
import { answerNode } from "./answer_node.ts";
import { askNodes } from "./ask_nodes.ts";
import { type AskedToTry, judge, type Judged, TRIAL_SECTION } from "./judge.ts";

/** How long a node that has a disk may take to say that it is there. */
const REACH_WITHIN_MS = 5000;

/** The other nodes, for the operator. */
export type OtherNodes = {
  /** their numbers; none where this node has no secret to ask with */
  readonly names: () => readonly string[];
  /** what came of it on each of them, and on this one where it is to look at a node's disk */
  readonly tryOn: (asked: AskedToTry) => Promise<readonly NodeTrial[]>;
};

/** Trying a destination on every node before it is stored: what this node asks others, and what it answers them. */
export function validation(parts: {
  readonly node: string;
  readonly state: () => Pick<DesiredState, "peers" | "unreachable" | "ownAddress">;
  /** undefined: this node has no secret to ask others with */
  readonly ask: AskPeer | undefined;
  /** where this node's local destination is stored */
  readonly localFolder: string;
  /** where temporary configurations may be */
  readonly folder: string;
  readonly log: (message: string) => void;
}): { readonly answer: (request: Request) => Promise<Response>; readonly others: OtherNodes } {
  const { node, state, ask, localFolder, folder, log } = parts;

  async function tryIt(judged: Judged): Promise<TrialReport> {
    if (judged.kind === "disk") return await tryDisk(judged.address);
    const { remote } = judged;
    return trialReport(
      await tryRemote(TRIAL_SECTION, remote, { folder }),
      secretValues(remote.parameters),
    );
  }

  /** The disk's own node tries it; the others reach it through that one's gateway, and say whether they do. */
  async function tryDisk(address: string): Promise<TrialReport> {
    const { peers, ownAddress } = state();
    if (address === ownAddress) {
      const remote = { parameters: [["type", "local"]] as const, path: localFolder };
      return trialReport(await tryRemote(TRIAL_SECTION, remote, { folder }), []);
    }
    // Asked with this node's own secret: only where nodes are, and never where a request says.
    const owner = peers.find((peer) => peer.address === address);
    if (owner === undefined) return notTried(`no node has the address ${address}`);
    if (ask === undefined) return notTried("this node has no secret to ask its node with: set NODE_PASSWORD");
    try {
      await ask(owner, "status", REACH_WITHIN_MS);
      return notTried(`it is node ${owner.node}'s disk, and that node's gateway is reached`);
    } catch (error) {
      return notTried(
        `it is node ${owner.node}'s disk, and that node's gateway is not reached (${(error as Error).name})`,
      );
    }
  }

  return {
    answer: answerNode({ tryIt, log }),
    others: {
      names() {
        const { peers, unreachable } = state();
        return ask === undefined ? [] : [...peers, ...unreachable].map(({ node }) => node);
      },
      async tryOn(asked) {
        if (ask === undefined) return [];
        const { peers, unreachable } = state();
        const own = asked.provider === "cluster" ? await tryHere(asked) : [];
        return [
          ...own,
          ...await askNodes(ask, peers, asked),
          ...unreachable.map(({ node, because }) => ({ node, ...notTried(because) })),
        ];
      },
    },
  };

  async function tryHere(asked: AskedToTry): Promise<NodeTrial[]> {
    const judged = judge(JSON.stringify(asked));
    return "problems" in judged ? [] : [{ node, ...await tryIt(judged) }];
  }
}
