import type { RepositoryPath } from "./repository.ts";
import type { ObjectName, ObjectType } from "./restic_object.ts";
import type { Uuid } from "./uuid.ts";

/** The two grammars on the one port. */
export type Protocol = "rest" | "webdav";

/** A place inside a repository, the same for both protocols. */
export type Item =
  | { readonly kind: "top" }
  | { readonly kind: "config" }
  | { readonly kind: "folder"; readonly type: ObjectType }
  /** `data/<first two digits>`: exists in the WebDAV grammar only */
  | { readonly kind: "shard"; readonly type: "data"; readonly shard: string }
  | { readonly kind: "object"; readonly type: ObjectType; readonly name: ObjectName }
  /** `<app type>/<module uuid>.json`, beside the repository: exists in the WebDAV grammar only */
  | { readonly kind: "manifest" };

/** What is not in the canonical form that a module has to use, and why. */
export type OffGrammar =
  | "malformed-path"
  | "malformed-query"
  | "not-a-repository"
  | "object-type-unknown"
  | "object-name-malformed"
  | "depth-not-allowed"
  | "destination-header";

/** Where a request points. */
export type Place =
  | { readonly kind: "root" }
  /** below `/-/`: what one node asks another; destinations' ids are uuids, so that nothing collides */
  | { readonly kind: "control" }
  | {
    readonly kind: "repository";
    readonly destination: Uuid;
    readonly repository: RepositoryPath;
    readonly item: Item;
  }
  /** inside a destination, but not in the grammar of repositories: for nodes only */
  | { readonly kind: "elsewhere"; readonly destination: Uuid; readonly why: OffGrammar };

/** What is being asked, parsed once. */
export type Target = {
  readonly protocol: Protocol;
  /** the request's method, as it came */
  readonly method: string;
  readonly place: Place;
  /** the query is exactly `create=true` */
  readonly create: boolean;
  /** PROPFIND's `Depth`: how deep the answer may go; undefined where the header is absent */
  readonly depth: "0" | "1" | "infinity" | undefined;
  /** bytes of the body; undefined where its length is not given */
  readonly length: number | undefined;
  /** the request carries a WebDAV `Destination` header */
  readonly hasDestinationHeader: boolean;
};

/** A request that means one thing to HAProxy and may mean another to rclone: refused for everybody. */
export type Refusal = { readonly refused: "target-ambiguous"; readonly detail: string };
