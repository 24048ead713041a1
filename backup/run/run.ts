import type { Redis } from "../../gateway/redis/connection.ts";
import type { BackupDefinition } from "../definition.ts";
import type { DefinitionReads } from "../definitions.ts";
import type { BackupFolders } from "../metrics/files.ts";
import type { ModuleStatus, Step, Verdict } from "../status.ts";
import type { Gateway } from "./gateway.ts";
import type { Sends } from "./leader.ts";
import type { Progress } from "./module_backup.ts";
import type { Pending } from "./pending.ts";

/** What a run says of itself while it goes on. */
export type RunEvent =
  | { readonly kind: "begin"; readonly module: string }
  | { readonly kind: "progress"; readonly module: string; readonly line: Progress }
  | { readonly kind: "text"; readonly module: string; readonly text: string }
  | { readonly kind: "step"; readonly module: string; readonly step: Step; readonly verdict: Verdict }
  | { readonly kind: "unrecorded"; readonly module: string; readonly snapshots: readonly string[] }
  | { readonly kind: "locked"; readonly module: string }
  | { readonly kind: "waiting"; readonly modules: readonly string[]; readonly seconds: number }
  | { readonly kind: "end"; readonly module: string; readonly status: ModuleStatus }
  | { readonly kind: "note"; readonly text: string };

/** All that a run of a backup on this node is made of. */
export type Run = {
  readonly definition: BackupDefinition;
  readonly node: string;
  readonly fqdn: string;
  readonly gateway: Gateway;
  /** of the destination */
  readonly resticPassword: string;
  /** module id -> module uuid, as `cluster/module_uuid` has it */
  readonly uuids: Readonly<Record<string, string>>;
  /** this node's Redis */
  readonly replica: Pick<Redis, "get" | "hGetAll" | "exists"> & DefinitionReads;
  readonly leader: Sends;
  readonly pending: Pending;
  readonly folders: BackupFolders;
  readonly lockFolder: string;
  /** how module-backup is started, its own arguments excepted */
  readonly moduleBackup: readonly string[];
  /** of modules that another run holds: how often they are tried again, and for how long, in seconds */
  readonly retry: { readonly every: number; readonly for: number };
  readonly tell: (event: RunEvent) => void;
  readonly signal: AbortSignal;
};

/** Seconds since 1970. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}
