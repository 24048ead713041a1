import type { DenyReason } from "../gateway/domain/decision.ts";

/** What the client is told, one line of ASCII for each reason: what happened and what to do about it. */
export const MESSAGES: Readonly<Record<DenyReason, string>> = {
  "credentials-missing": "credentials are needed: HTTP Basic, user node/<n> or module/<id>",
  "credentials-malformed": "the Authorization header is not HTTP Basic",
  "identity-unknown": "user or secret is wrong",
  "secret-wrong": "user or secret is wrong",
  "identity-disabled": "user or secret is wrong",
  "too-many-attempts": "too many wrong secrets for this user from this address; try again later",
  "facts-unavailable": "who may do what cannot be resolved at the moment; try again",
  "grants-outdated":
    "no word from the cluster's leader: restore grants cannot be resolved at the moment; try again",
  "target-ambiguous": "the request is not in canonical form",
  "malformed-path": "the path is not one that restic uses",
  "malformed-query": "the query is not one that restic uses",
  "not-a-repository": "the path is not below <destination>/<app type>/<module uuid>",
  "object-type-unknown": "no such folder in a restic repository",
  "object-name-malformed": "not the name of a restic object",
  "depth-not-allowed": "PROPFIND needs Depth 0 or 1",
  "destination-header": "modules may not copy or move",
  "not-own-repository": "this repository belongs to another module, and no restore grant stands",
  "method-not-allowed":
    "modules may add to their own repository, read it, and remove their own locks; nothing else",
  "lock-not-own": "this lock was not made by this module",
  "lock-too-large": "a lock is at most 8192 bytes, and comes with its Content-Length",
  "prune-running": "a node is pruning this repository; try again",
  "control-path": "below /-/ nodes ask one another, and nobody else",
  "module-without-uuid": "this module has no uuid in cluster/module_uuid",
};
