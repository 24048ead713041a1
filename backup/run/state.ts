import type { ModuleStatus } from "../status.ts";

/** What a node's disk remembers of a backup: how its last run went, and whether one is on its way. */
export type BackupState = {
  readonly id: string;
  readonly name: string;
  /** `waiting`: held up by another run of a module. What a killed run leaves behind is never `idle` */
  readonly state: "running" | "waiting" | "idle";
  /** of the last run that came to one; a run on its way leaves it alone, until it is certain to be bad */
  readonly well?: boolean;
  /** by module id: the last run of each of this node's modules */
  readonly modules: Readonly<Record<string, ModuleStatus>>;
  /** by module id: when a node last proved that the repository can be read (seconds since 1970), and why it could not */
  readonly verified: Readonly<Record<string, Verified>>;
};

/** From the fields `verified` and `verify_failed` of `private/nodes/gateway/repository/…`. */
export type Verified = { readonly at?: number; readonly failed?: string };

/** Of a backup that has never run here. */
export function emptyState(id: string, name: string): BackupState {
  return { id, name, state: "idle", modules: {}, verified: {} };
}

/** A run's beginning: what was known of modules that this node has no more is dropped. */
export function started(state: BackupState, name: string, modules: readonly string[]): BackupState {
  const kept = <T>(of: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(of).filter(([module]) => modules.includes(module)));
  // Whoever begins holds the lock: one that is not idle has died, and nobody has said how it went.
  const died = state.state === "idle" ? {} : { well: false };
  return {
    ...state,
    ...died,
    name,
    state: "running",
    modules: kept(state.modules),
    verified: kept(state.verified),
  };
}

/** A module's run has ended: a bad one decides about the whole run, a good one does not. */
export function withModule(
  state: BackupState,
  module: string,
  status: ModuleStatus,
  well: boolean,
): BackupState {
  const next = { ...state, modules: { ...state.modules, [module]: status } };
  return well ? next : { ...next, well: false };
}

/** What `verify` has found out, as it stands in the hash of a repository's facts. */
export function verifiedFrom(facts: Readonly<Record<string, string>>): Verified {
  const at = Number(facts["verified"]);
  const failed = facts["verify_failed"] ?? "";
  return { ...(at > 0 ? { at } : {}), ...(failed === "" ? {} : { failed }) };
}
