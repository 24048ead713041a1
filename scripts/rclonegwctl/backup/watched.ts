import type { NodeBackupRun } from "../../../gateway/domain/backup_run.ts";

/** A module's result: what a node has stored of it since the run was started. */
export type ModuleResult = {
  readonly module: string;
  readonly node: string;
  readonly success: boolean;
  readonly because: string;
};

/** How a run goes on all its nodes. */
export type Watched = {
  /** as they were heard last */
  readonly runs: ReadonlyMap<string, NodeBackupRun>;
  readonly results: readonly ModuleResult[];
};

/** Whether nothing more is to be waited for. `silent`: nodes that have not been heard of for too long. */
export function isOver({ runs }: Pick<Watched, "runs">, silent: ReadonlySet<string>): boolean {
  return [...runs.values()].every(({ node, state }) => state !== "running" || silent.has(node));
}

/**
 * What went wrong, one line each; none: all of it went well. `modules` are those of each node. A node whose host has started anew
 * meanwhile cannot say how it ended; then what its modules say counts.
 */
export function troubles(
  { runs, results }: Watched,
  modules: ReadonlyMap<string, readonly string[]>,
  silent: ReadonlySet<string>,
): string[] {
  const said = new Map(results.map((result) => [result.module, result]));
  return [...modules].flatMap(([node, own]) => {
    const run = runs.get(node);
    const lines = own.flatMap((module) => {
      const result = said.get(module);
      if (result === undefined) return [`${module} on node ${node} has no result`];
      return result.success
        ? []
        : [`${module} on node ${node} failed${result.because ? `: ${result.because}` : ""}`];
    });
    if (run === undefined || run.state === "unknown") {
      return [`node ${node} could not be asked: ${run?.because ?? "it was not tried"}`, ...lines];
    }
    if (silent.has(node)) return [`node ${node} has not been heard of`, ...lines];
    if (run.state === "ended" && run.code !== 0) {
      return [`node ${node} failed (exit code ${run.code})`, ...lines];
    }
    return lines;
  });
}

/** A node's run in a few words. */
export function tellRun(run: NodeBackupRun): string {
  switch (run.state) {
    case "running":
      return "running";
    case "ended":
      return run.code === 0 ? "done" : `failed (exit code ${run.code})`;
    case "none":
      return "over; its host's service has started anew and does not know how it ended";
    case "unknown":
      return `not asked: ${run.because}`;
    default:
      return run satisfies never;
  }
}
