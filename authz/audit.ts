import type { Judgement } from "./judge.ts";
import type { Question } from "./wire.ts";

/**
 * The line for the audit log, or undefined where there is none: one for each refused request, each login that failed,
 * each delete and each use of a restore grant. JSON, control characters escaped, never a secret: of a request that is
 * not understood it holds the beginning of the path, never the query.
 */
export function auditLine(question: Question, judgement: Judgement, time: Date): string | undefined {
  const { decision, target } = judgement;
  const { method } = question.request;
  if (decision.allow && method !== "DELETE" && decision.reason !== "restore-grant") return undefined;
  const line = {
    time: time.toISOString(),
    log: "audit",
    id: question.id,
    decision: decision.allow ? "allow" : "deny",
    reason: decision.reason,
    ...(decision.allow ? {} : { status: decision.status }),
    identity: judgement.identity ?? null,
    authenticated: judgement.authenticated,
    address: question.source,
    method: method.slice(0, 32),
    ...about(question, target),
  };
  // JSON escapes what is below 0x20; C1 controls and line separators steer terminals and log readers, too.
  return JSON.stringify(line).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function about(question: Question, target: Judgement["target"]): Record<string, string> {
  const [path = ""] = question.request.target.split("?");
  if ("refused" in target) return { path: path.slice(0, 200), detail: target.detail };
  const { place, protocol } = target;
  switch (place.kind) {
    case "root":
      return { protocol, path: "/" };
    case "control":
      return { protocol, path: path.slice(0, 200) };
    case "elsewhere":
      return { protocol, destination: place.destination, path: path.slice(0, 200) };
    case "repository": {
      const { appType, moduleUuid } = place.repository;
      const type = "type" in place.item ? place.item.type : place.item.kind;
      return { protocol, destination: place.destination, repository: `${appType}/${moduleUuid}`, type };
    }
    default:
      return place satisfies never;
  }
}
