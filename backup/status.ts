/** The steps of a module's backup, in their order. A step that was never come to has no verdict. */
export const STEPS = ["backup", "stats", "record", "unlock", "retention", "prune", "manifest"] as const;
export type Step = typeof STEPS[number];

/** How a step went: done, or why it was not, in one line. `held` says that it was put off on purpose, and why: a person has to look. */
export type Verdict =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly because: string }
  | { readonly kind: "held"; readonly because: string };

/**
 * How a module's last run went, as `node/<n>/backup_status/<id>` holds it under the module's id. Names up to `errors` are
 * NethServer 8's; times are seconds since 1970, sizes bytes; -1 where it is not known.
 */
export type ModuleStatus = {
  readonly start: number;
  readonly end: number;
  /** of the snapshot: what restic stats says of it */
  readonly total_size: number;
  readonly total_file_count: number;
  readonly snapshots_count: number;
  /** how many steps have failed: NethServer 8 reads 0 as success */
  readonly errors: number;
  readonly steps: Partial<Readonly<Record<Step, Verdict>>>;
  /** the last good snapshot, whichever run made it, and when */
  readonly snapshot?: { readonly id: string; readonly time: number };
  /** what this run has added to the repository, in bytes */
  readonly added: number;
  /** the age of the oldest lock in the repository after the run, in seconds; 0 without any */
  readonly oldest_lock: number;
};

/** Whether a run of a module went well: each of its steps, and it got to its end. */
export function wentWell({ steps }: Pick<ModuleStatus, "steps">): boolean {
  return steps.manifest?.kind === "done" &&
    Object.values(steps).every((verdict) => verdict === undefined || verdict.kind !== "failed");
}
