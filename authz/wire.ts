import type { Decision } from "../gateway/domain/decision.ts";
import type { Holds } from "./holds.ts";
import type { Lookup } from "./needs_lookup.ts";
import type { RawRequest } from "./target.ts";

/**
 * The header contract with gateway/haproxy/authz.lua. HAProxy asks `GET /decide` with these headers; the answer is
 * always 200 and says in headers what to do. Everything else (another status, a missing or a foreign id) is
 * taken for "no answer" by the other side.
 */
export const QUESTION = {
  id: "x-gateway-id",
  method: "x-gateway-method",
  target: "x-gateway-target",
  source: "x-gateway-source",
  authorization: "x-gateway-authorization",
  accept: "x-gateway-accept",
  depth: "x-gateway-depth",
  destination: "x-gateway-destination",
  length: "x-gateway-content-length",
} as const;

/** A question, taken from the headers. */
export type Question = {
  readonly id: string;
  readonly source: string;
  readonly authorization: string | undefined;
  readonly request: RawRequest;
};

/** The question in these headers, or undefined where a part of it is missing. */
export function readQuestion(headers: Headers): Question | undefined {
  const get = (name: string): string | undefined => headers.get(name) ?? undefined;
  const id = get(QUESTION.id);
  const method = get(QUESTION.method);
  const target = get(QUESTION.target);
  const source = get(QUESTION.source);
  if (id === undefined || method === undefined || target === undefined || source === undefined) {
    return undefined;
  }
  return {
    id,
    source,
    authorization: get(QUESTION.authorization),
    request: {
      method,
      target,
      accept: get(QUESTION.accept),
      depth: get(QUESTION.depth),
      destination: get(QUESTION.destination),
      length: get(QUESTION.length),
    },
  };
}

/**
 * The answer for HAProxy: `verdict` is `yes` or `no`, the rest says where to, or what to tell the client.
 * `retryAfter` in seconds, where it is more than a moment; `identity` for what HAProxy counts; `lookup`
 * says which lookup an upload may go ahead only after; `holds` what a yes holds for beyond this request, and `generation` how
 * long.
 */
export function answer(
  id: string,
  decision: Decision,
  message: string,
  { retryAfter = 2, identity = "", lookup = "no", holds, generation }: {
    retryAfter?: number;
    identity?: string;
    lookup?: Lookup;
    holds?: Holds | undefined;
    generation?: number | undefined;
  } = {},
): Response {
  const headers: Record<string, string> = { "x-gateway-id": id, "x-gateway-reason": decision.reason };
  if (decision.allow) {
    headers["x-gateway-verdict"] = "yes";
    headers["x-gateway-identity"] = identity;
    headers["x-gateway-lookup"] = lookup;
    headers["x-gateway-server"] = decision.to.kind === "rclone" ? decision.to.server : decision.to.kind;
    headers["x-gateway-destination"] = decision.to.kind === "rclone" ? decision.to.destination : "-";
    if (holds !== undefined && generation !== undefined) {
      headers["x-gateway-holds"] = holds.repository;
      headers["x-gateway-holds-kind"] = holds.kind;
      headers["x-gateway-generation"] = String(generation);
    }
  } else {
    headers["x-gateway-verdict"] = "no";
    headers["x-gateway-status"] = String(decision.status);
    headers["x-gateway-message"] = message;
    headers["x-gateway-retry"] = String(retryAfter);
  }
  return new Response(null, { status: 200, headers });
}
