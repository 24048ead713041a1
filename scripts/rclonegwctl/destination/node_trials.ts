import { type NodeTrial, TRIAL_STEPS } from "../../../gateway/domain/node_trial.ts";
import { printTable } from "../output.ts";
import { HINTS } from "./try_it.ts";

/** What speaks against storing a destination, one sentence for each node: only a node that has tried it can. */
export function refusals(trials: readonly NodeTrial[]): string[] {
  return trials.flatMap((trial) => {
    const step = TRIAL_STEPS.find((step) => trial[step] === "failed");
    return step === undefined ? [] : [`node ${trial.node}: ${step} failed (${HINTS[step]})`];
  });
}

/** The nodes on which all of it worked. */
export function worksOn(trials: readonly NodeTrial[]): string[] {
  return trials.filter((trial) => TRIAL_STEPS.every((step) => trial[step] === "ok")).map(({ node }) => node);
}

/** Prints what came of it on each node. */
export function printTrials(trials: readonly NodeTrial[]): void {
  printTable(
    ["NODE", "LIST", "WRITE", "DELETE", "NOTE"],
    trials.map((trial) => [trial.node, ...TRIAL_STEPS.map((step) => trial[step]), trial.note ?? ""]),
  );
}

/** `node 1`, `nodes 1, 2` */
export function nodesNamed(nodes: readonly string[]): string {
  return `node${nodes.length === 1 ? "" : "s"} ${nodes.join(", ")}`;
}
