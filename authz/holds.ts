import type { Decision } from "../gateway/domain/decision.ts";
import type { Refusal, Target } from "../gateway/domain/target.ts";

/**
 * For which repository a yes holds beyond this request, as the beginning of a path without a slash at its end: every GET and HEAD
 * of an object there by the same credentials is allowed as long as the facts are the same. Undefined where it holds for this
 * request alone: what changes something, what the audit log names, and what is judged by more than the repository's owner.
 */
export function holdsFor(decision: Decision, target: Target | Refusal): string | undefined {
  if (!decision.allow || "refused" in target) return undefined;
  if (decision.reason !== "own-repository" && decision.reason !== "node") return undefined;
  const { protocol, method, place, create } = target;
  if (protocol !== "rest" || create || (method !== "GET" && method !== "HEAD")) return undefined;
  if (place.kind !== "repository" || place.item.kind !== "object") return undefined;
  const { appType, moduleUuid } = place.repository;
  return `/${place.destination}/${appType}/${moduleUuid}`;
}
