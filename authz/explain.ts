import type { Decision } from "../gateway/domain/decision.ts";
import { deny } from "../gateway/domain/decision.ts";
import { type Grants, NO_GRANTS } from "../gateway/domain/grants.ts";
import { parseIdentity } from "../gateway/domain/identity.ts";
import { type Known, NOTHING_KNOWN } from "../gateway/domain/known.ts";
import { formatRepositoryPath } from "../gateway/domain/repository.ts";
import type { Place, Refusal, Target } from "../gateway/domain/target.ts";
import { decide } from "./decide.ts";
import type { Facts } from "./facts.ts";
import { parseTarget, type RawRequest } from "./target.ts";
import { knownNow } from "./witness.ts";

/** One step of an explanation: what was looked at, and what was found. */
export type Step = { readonly step: string; readonly found: string };

/**
 * The same rules as for a request, told step by step; ends with the decision that a request with a right secret would
 * get now. `seen` is what the running gateway knows beside the facts; undefined where it cannot be asked. Throws
 * {@link FactsUnavailable} where the facts are not to be had.
 */
export async function explain(
  name: string,
  request: RawRequest,
  facts: Facts,
  seen: (request: RawRequest) => Promise<Known | undefined>,
): Promise<{ readonly steps: readonly Step[]; readonly decision: Decision }> {
  const steps: Step[] = [];
  const say = (step: string, found: string): void => void steps.push({ step, found });

  const identity = parseIdentity(name);
  if (identity === undefined) {
    say("identity", `${name} is neither node/<n> nor module/<id>`);
    return { steps, decision: deny("identity-unknown") };
  }
  const account = await facts.account(name);
  if (account === undefined) {
    say("identity", `${name} is not in cluster/acls`);
    return { steps, decision: deny("identity-unknown") };
  }
  say("identity", `${name}, ${account.enabled ? "enabled" : "disabled"}, secrets: ${account.digests.length}`);
  if (account.digests.length === 0) return { steps, decision: deny("secret-wrong") };
  if (!account.enabled) return { steps, decision: deny("identity-disabled") };

  const grants = identity.kind === "module" ? await facts.grants(identity) : NO_GRANTS;
  if (identity.kind === "node") say("grants", "a node holds everything");
  else {
    say(
      "own",
      grants.own === undefined ? "no uuid in cluster/module_uuid" : formatRepositoryPath(grants.own),
    );
    say("restore grant", tellGrant(grants.restore));
  }

  const target = parseTarget(request);
  for (const [step, found] of tell(target)) say(step, found);
  const known = await seen(request);
  for (const [step, found] of tellKnown(target, known)) say(step, found);
  const now = await knownNow(known ?? NOTHING_KNOWN, facts);
  return { steps, decision: decide(identity, grants, target, now) };
}

function tellGrant(restore: Grants["restore"]): string {
  if (restore === "unknown") return "unknown: the gateway's Redis has not heard its leader for too long";
  return restore === undefined ? "none" : formatRepositoryPath(restore);
}

function tell(target: Target | Refusal): [step: string, found: string][] {
  if ("refused" in target) return [["target", `refused for everybody: ${target.detail}`]];
  return [
    ["protocol", target.protocol === "rest" ? "restic REST" : "WebDAV"],
    ["target", tellPlace(target.place)],
    ...(target.create ? [["query", "create=true"] as [string, string]] : []),
  ];
}

/** What was seen, where it matters: to a module's writes over REST. */
function tellKnown(target: Target | Refusal, known: Known | undefined): [step: string, found: string][] {
  if ("refused" in target || target.protocol !== "rest" || !["POST", "DELETE"].includes(target.method)) {
    return [];
  }
  if (known === undefined) {
    return [["seen", "the gateway of this node does not answer: owners of locks and prunes are left out"]];
  }
  const { place } = target;
  const lock = place.kind === "repository" && place.item.kind === "object" && place.item.type === "locks";
  return [
    ...(lock && target.method === "DELETE"
      ? [["lock created by", known.lockOwner ?? "not on record"] as [string, string]]
      : []),
    ["prune by a node", known.pruneRunning ? "running" : "none known"],
  ];
}

function tellPlace(place: Place): string {
  switch (place.kind) {
    case "root":
      return "/, the list of destinations";
    case "control":
      return "/-/, what nodes ask one another";
    case "elsewhere":
      return `in destination ${place.destination}, outside the grammar of repositories (${place.why})`;
    case "repository": {
      const { item } = place;
      const what = "type" in item ? `${item.kind} of ${item.type}` : item.kind;
      return `${what} in ${formatRepositoryPath(place.repository)} on destination ${place.destination}`;
    }
    default:
      return place satisfies never;
  }
}
