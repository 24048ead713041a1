import { type Decision, deny, type RcloneServer } from "../gateway/domain/decision.ts";
import type { Grants } from "../gateway/domain/grants.ts";
import type { Identity, ModuleIdentity } from "../gateway/domain/identity.ts";
import { type Known, NOTHING_KNOWN } from "../gateway/domain/known.ts";
import { MAX_LOCK_BYTES } from "../gateway/domain/lock.ts";
import { type RepositoryPath, sameRepository } from "../gateway/domain/repository.ts";
import type { Item, Refusal, Target } from "../gateway/domain/target.ts";
import type { Uuid } from "../gateway/domain/uuid.ts";

/**
 * Who may do what. Pure: no clock, no Redis, no storage. The table is in docs/architecture.md and, as data,
 * beside the test of this file. Every path that is not named here ends in a refusal.
 */
export function decide(
  identity: Identity,
  grants: Grants,
  target: Target | Refusal,
  known: Known = NOTHING_KNOWN,
): Decision {
  if ("refused" in target) return deny(target.refused);
  if (target.place.kind === "control") return decideControl(identity, target);
  switch (identity.kind) {
    case "node":
      return decideNode(target);
    case "module":
      return decideModule(identity, grants, target, known);
    default:
      return identity satisfies never;
  }
}

function decideNode(target: Target): Decision {
  if (target.place.kind === "root") return decideRoot(target);
  if (target.place.kind === "control") return deny("control-path");
  const { destination } = target.place;
  // Over REST nothing is overwritten, by anyone: restic itself deletes and creates, it never overwrites.
  const server: RcloneServer = target.protocol === "webdav"
    ? "webdav-full"
    : target.method === "POST"
    ? "rest-append"
    : "rest-full";
  return { allow: true, reason: "node", to: { kind: "rclone", destination, server } };
}

/** What one node asks another, over plain HTTP. */
function decideControl(identity: Identity, target: Target): Decision {
  if (identity.kind !== "node") return deny("control-path");
  const plain = target.protocol === "webdav" && !target.create && !target.hasDestinationHeader;
  return plain && ["GET", "POST"].includes(target.method)
    ? { allow: true, reason: "node", to: { kind: "control" } }
    : deny("method-not-allowed");
}

function decideRoot(target: Target): Decision {
  if (target.protocol !== "webdav") return deny("method-not-allowed");
  if (target.create || target.hasDestinationHeader) return deny("method-not-allowed");
  switch (target.method) {
    case "OPTIONS":
      return { allow: true, reason: "list-destinations", to: { kind: "root" } };
    case "PROPFIND":
      return target.depth === "0" || target.depth === "1"
        ? { allow: true, reason: "list-destinations", to: { kind: "root" } }
        : deny("depth-not-allowed");
    default:
      return deny("method-not-allowed");
  }
}

function decideModule(identity: ModuleIdentity, grants: Grants, target: Target, known: Known): Decision {
  if (target.hasDestinationHeader) return deny("destination-header");
  switch (target.place.kind) {
    case "root":
      return decideRoot(target);
    case "control":
      return deny("control-path");
    case "elsewhere":
      return deny(target.place.why);
    case "repository": {
      const { destination, repository } = target.place;
      const held = holding(grants, repository);
      if (held === undefined) {
        if (grants.restore === "unknown" && identity.appType === repository.appType) {
          // A final no only where the answer does not hang on the grant.
          const granted = decideModule(identity, { ...grants, restore: repository }, target, known);
          return granted.allow ? deny("grants-outdated") : granted;
        }
        return deny(grants.own === undefined ? "module-without-uuid" : "not-own-repository");
      }
      return target.protocol === "rest"
        ? decideRest(held, target, target.place, {
          lockIs: ownership(identity, known.lockOwner),
          pruneRunning: known.pruneRunning,
        })
        : decideWebdav(held, target, destination);
    }
    default:
      return target.place satisfies never;
  }
}

type Held = "own-repository" | "restore-grant";

function holding(grants: Grants, repository: RepositoryPath): Held | undefined {
  if (grants.own !== undefined && sameRepository(grants.own, repository)) return "own-repository";
  if (grants.restore === undefined || grants.restore === "unknown") return undefined;
  return sameRepository(grants.restore, repository) ? "restore-grant" : undefined;
}

type Ownership = "own" | "anothers" | "unknown";

function ownership(identity: ModuleIdentity, lockOwner: string | undefined): Ownership {
  if (lockOwner === undefined) return "unknown";
  return lockOwner === identity.name ? "own" : "anothers";
}

function decideRest(
  held: Held,
  target: Target,
  { destination, item }: { destination: Uuid; item: Item },
  { lockIs, pruneRunning }: { lockIs: Ownership; pruneRunning: boolean },
): Decision {
  const append: Decision = {
    allow: true,
    reason: held,
    to: { kind: "rclone", destination, server: "rest-append" },
  };
  if (target.create) {
    if (held !== "own-repository" || item.kind !== "top" || target.method !== "POST") {
      return deny("malformed-query");
    }
    return pruneRunning ? deny("prune-running") : append;
  }
  const lock = item.kind === "object" && item.type === "locks";
  switch (target.method) {
    case "GET":
    case "HEAD":
      return item.kind === "config" || item.kind === "folder" || item.kind === "object"
        ? append
        : deny("method-not-allowed");
    case "POST":
      if (item.kind !== "object" && item.kind !== "config") return deny("method-not-allowed");
      if (lock) {
        return target.length !== undefined && target.length <= MAX_LOCK_BYTES
          ? append
          : deny("lock-too-large");
      }
      if (held !== "own-repository") return deny("not-own-repository");
      // What is added while a node prunes may lean on what is just being removed.
      return pruneRunning ? deny("prune-running") : append;
    case "DELETE":
      if (!lock) return deny("method-not-allowed");
      return lockIs === "own" || (lockIs === "unknown" && held === "own-repository")
        ? append
        : deny("lock-not-own");
    default:
      return deny("method-not-allowed");
  }
}

function decideWebdav(held: Held, target: Target, destination: Uuid): Decision {
  const read: Decision = {
    allow: true,
    reason: held,
    to: { kind: "rclone", destination, server: "webdav-read" },
  };
  if (target.create) return deny("malformed-query");
  switch (target.method) {
    case "GET":
    case "HEAD":
    case "OPTIONS":
      return read;
    case "PROPFIND":
      // Without a depth the whole tree is listed (RFC 4918, section 9.1).
      return target.depth === "0" || target.depth === "1" ? read : deny("depth-not-allowed");
    default:
      return deny("method-not-allowed");
  }
}
