import type { Decision } from "../gateway/domain/decision.ts";
import type { Refusal, Target } from "../gateway/domain/target.ts";

/**
 * What a yes holds for beyond its request, with the same credentials and as long as the facts are the same. `repository` is the
 * beginning of a path without a slash at its end. `read`: every GET and HEAD of an object there. `store`: every POST of one
 * below `data`.
 */
export type Holds = { readonly kind: "read" | "store"; readonly repository: string };

/**
 * Undefined where a yes holds for its request alone: what removes or lists something, what opens a repository or locks it, what
 * the audit log names, and what is judged by more than the repository's owner.
 */
export function holdsFor(decision: Decision, target: Target | Refusal): Holds | undefined {
  if (!decision.allow || "refused" in target) return undefined;
  if (decision.reason !== "own-repository" && decision.reason !== "node") return undefined;
  const { protocol, method, place, create } = target;
  if (protocol !== "rest" || create) return undefined;
  if (place.kind !== "repository" || place.item.kind !== "object") return undefined;
  const { appType, moduleUuid } = place.repository;
  const repository = `/${place.destination}/${appType}/${moduleUuid}`;
  if (method === "GET" || method === "HEAD") return { kind: "read", repository };
  if (method === "POST" && place.item.type === "data") return { kind: "store", repository };
  return undefined;
}
