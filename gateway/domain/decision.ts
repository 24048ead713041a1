import type { OffGrammar } from "./target.ts";
import type { Uuid } from "./uuid.ts";

/** The servers of a destination's rclone. */
export const SERVERS = ["rest-append", "rest-full", "webdav-read", "webdav-full"] as const;
export type RcloneServer = typeof SERVERS[number];

/** Why a request is allowed. */
export type AllowReason =
  | "node"
  | "own-repository"
  | "restore-grant"
  | "list-destinations";

/** Why a request is not allowed. Closed: metrics, logs and documentation list exactly these. */
export type DenyReason =
  | "credentials-missing"
  | "credentials-malformed"
  | "identity-unknown"
  | "secret-wrong"
  | "identity-disabled"
  | "too-many-attempts"
  | "facts-unavailable"
  | "grants-outdated"
  | "target-ambiguous"
  | OffGrammar
  | "not-own-repository"
  | "method-not-allowed"
  | "lock-not-own"
  | "lock-too-large"
  | "prune-running"
  | "module-without-uuid"
  | "control-path";

/** What HAProxy is to do with a request. Allowed requests name where they go; refused ones their status. */
export type Decision =
  | {
    readonly allow: true;
    readonly reason: AllowReason;
    readonly to: { readonly kind: "rclone"; readonly destination: Uuid; readonly server: RcloneServer } | {
      readonly kind: "root" | "control";
    };
  }
  | { readonly allow: false; readonly reason: DenyReason; readonly status: 401 | 403 | 429 | 503 };

const UNAUTHENTICATED: ReadonlySet<DenyReason> = new Set<DenyReason>([
  "credentials-missing",
  "credentials-malformed",
  "identity-unknown",
  "secret-wrong",
  "identity-disabled",
]);

/** What another attempt may find otherwise: never a final no. */
const PASSING: ReadonlySet<DenyReason> = new Set<DenyReason>([
  "facts-unavailable",
  "grants-outdated",
  "prune-running",
]);

/** A refusal; its status follows from its reason, so that a passing trouble and a final no are never mixed up. */
export function deny(reason: DenyReason): Decision {
  return { allow: false, reason, status: statusOf(reason) };
}

function statusOf(reason: DenyReason): 401 | 403 | 429 | 503 {
  if (UNAUTHENTICATED.has(reason)) return 401;
  if (PASSING.has(reason)) return 503;
  return reason === "too-many-attempts" ? 429 : 403;
}
