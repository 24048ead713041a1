import { Option } from "commander";
import type { NodeTrial } from "../../../gateway/domain/node_trial.ts";
import { isOauthToken, withoutRefreshToken } from "../../../gateway/domain/oauth_token.ts";
import { type Parameters, secretValues, sectionProblems } from "../../../gateway/rclone/section_policy.ts";
import type { Redis } from "../../../gateway/redis/connection.ts";
import type { Settings } from "../../../gateway/settings.ts";
import type { AskedToTry } from "../../../gateway/validation/judge.ts";
import { failed } from "../failure.ts";
import { note, printJson } from "../output.ts";
import { operatorSocket } from "../session.ts";
import { nodesNamed, printTrials, refusals } from "./node_trials.ts";
import { otherNodes, triedByOthers } from "./other_nodes.ts";
import { sectionOf } from "./save.ts";
import { trialOf } from "./try_it.ts";
import type { Wanted } from "./wanted.ts";

/** How a destination is tried. */
export type Trying = {
  readonly settings: Settings;
  readonly redis: Redis;
  /** what no message may hold */
  readonly secrets: readonly string[];
  /** what for */
  readonly doing: string;
  /** go on where it does not work */
  readonly force?: boolean | undefined;
  /** ask the other nodes although this one has failed already */
  readonly all?: boolean;
  /** what to do with the parameters as this node's rclone left them, before anybody else is asked */
  readonly keep?: (parameters: Parameters) => Promise<void>;
  readonly json?: true | undefined;
};

export const forceOption = (): Option =>
  new Option("--force", "store it although a node cannot list, write or delete there");

/**
 * Tries a destination on this node, and if there are others on all of them; ends the command where a node that has tried it
 * cannot use it, unless it is forced. What comes back is the destination as this node's rclone left it, and what came of it on
 * each node.
 *
 * This node comes first: what it has renewed or found, a token or a server's keys, is what the others try. And where it fails
 * the others are only asked if somebody wants to know: a storage may lock an account after a few wrong passwords.
 */
export async function triedEverywhere<T extends Wanted>(
  id: string,
  wanted: T,
  trying: Trying,
): Promise<{ wanted: T; nodes: readonly NodeTrial[] }> {
  const { settings, redis, secrets, doing, force = false, all = force, json } = trying;
  const disk = wanted.provider === "cluster";
  const here = disk ? undefined : await trialOf(id, wanted, settings.nodeId, secrets);
  const refused = here !== undefined && "because" in here ? here.because : undefined;
  if (refused !== undefined && !all) failed(`Cannot ${doing}: ${refused}\nNothing was changed.`);
  const ready = here !== undefined && "parameters" in here
    ? { ...wanted, parameters: here.parameters }
    : wanted;
  if (ready !== wanted) await trying.keep?.(ready.parameters);
  const own = here === undefined ? [] : [{ node: settings.nodeId, ...here.report }];
  const socket = operatorSocket(settings);
  const others = await otherNodes(socket, redis, settings.nodeId);
  if (others.length === 0 || !mayAsk(ready)) {
    if (disk) {
      note(
        "Not tried: the disk of a node is reached by that node's gateway alone. See rclonegwctl status there.",
      );
    }
    if (refused !== undefined && !force) failed(`Cannot ${doing}: ${refused}\nNothing was changed.`);
    if (refused !== undefined) note(`Done all the same (--force): ${refused}`);
    return { wanted: ready, nodes: own };
  }
  note(`Asking ${nodesNamed(others)} to try it, too: this may take two minutes.`);
  const nodes = [
    ...own,
    ...await triedByOthers(socket, asOthersGetIt(id, ready), [...secrets, ...secretValues(ready.parameters)]),
  ];
  if (!json) printTrials(nodes);
  const against = refusals(nodes);
  if (against.length > 0 && !force) {
    if (json) printJson({ nodes });
    failed([`Cannot ${doing}. Nothing was changed.`, ...against.map((each) => `  - ${each}`)].join("\n"));
  }
  if (against.length > 0) note(`Done all the same (--force): ${against.join("; ")}`);
  return { wanted: ready, nodes };
}

/** Whether other nodes would try it. */
function mayAsk(wanted: Wanted): boolean {
  if (wanted.provider === "cluster" || sectionProblems(wanted.parameters, false).length === 0) return true;
  // They judge for themselves what comes over the network, and trust nobody's word for it.
  note(
    "Other nodes are not asked: they do not try what another node sends if it runs commands, reads files or uses other remotes. " +
      "Once it is stored they use it: rclonegwctl destination validate <uuid> --trust-commands, on each of them.",
  );
  return false;
}

/** As it goes over the network: a node that must not refresh a token gets it without what that takes. */
function asOthersGetIt(id: string, { provider, url, basepath, parameters }: Wanted): AskedToTry {
  const borrowed = parameters.map(([key, value]) =>
    [key, isOauthToken(key, value) ? withoutRefreshToken(value) : value] as const
  );
  return { provider, url, basepath, section: sectionOf(id, borrowed) };
}
