import { oneLine } from "../../gateway/domain/node_trial.ts";
import type { ModuleStatus, Step, Verdict } from "../status.ts";
import type { Run } from "./run.ts";

export const INTERRUPTED = "interrupted";

/** The verdicts of a module's run, step by step. */
export type Steps = { [step in Step]?: Verdict };

/** A failure, in one line: it goes into a status, a table, a journal. */
export function failedBecause(text: string): Verdict {
  return { kind: "failed", because: oneLine(text).slice(0, 500) };
}

/** Does a step and notes its verdict: what it returns, or `done`; whatever it throws is a failure. */
export async function step(
  { tell, signal }: Pick<Run, "tell" | "signal">,
  module: string,
  steps: Steps,
  name: Step,
  work: () => Promise<Verdict | void>,
): Promise<void> {
  let verdict: Verdict;
  try {
    signal.throwIfAborted();
    verdict = await work() ?? { kind: "done" };
    if (signal.aborted && verdict.kind === "failed") verdict = failedBecause(INTERRUPTED);
  } catch (error) {
    verdict = failedBecause(signal.aborted ? INTERRUPTED : (error as Error).message);
  }
  steps[name] = verdict;
  tell({ kind: "step", module, step: name, verdict });
}

/** Whether nothing has failed so far. */
export function wellSoFar(steps: Steps): boolean {
  return Object.values(steps).every((verdict) => verdict.kind !== "failed");
}

/** What a run has found out about the repository and its new snapshot; nothing of it where there is none. */
export type Found = {
  -readonly [
    fact in
      | "total_size"
      | "total_file_count"
      | "snapshots_count"
      | "added"
      | "oldest_lock"
      | "snapshot"
  ]?: NonNullable<ModuleStatus[fact]>;
};

/** The status of a run that came to these verdicts. Without a new snapshot, what was known of the last good one stays. */
export function statusOf(
  steps: Steps,
  times: { readonly start: number; readonly end: number },
  before: ModuleStatus | undefined,
  found: Found,
): ModuleStatus {
  const about = found.snapshot === undefined ? before : found;
  const snapshot = about?.snapshot;
  return {
    ...times,
    total_size: about?.total_size ?? -1,
    total_file_count: about?.total_file_count ?? -1,
    snapshots_count: about?.snapshots_count ?? -1,
    errors: Object.values(steps).filter(({ kind }) => kind === "failed").length,
    steps,
    ...(snapshot === undefined ? {} : { snapshot }),
    added: found.snapshot === undefined ? 0 : found.added ?? -1,
    oldest_lock: found.oldest_lock ?? -1,
  };
}
