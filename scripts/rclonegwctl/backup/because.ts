import type { ModuleStatus } from "../../../backup/status.ts";
import { oneLine } from "../../../gateway/domain/node_trial.ts";

/** Which steps of a module's run did not go well, and why, in one line. */
export function because({ steps = {}, errors }: Partial<ModuleStatus>): string {
  const said = Object.entries(steps).flatMap(([step, verdict]) =>
    verdict === undefined || verdict.kind === "done" ? [] : [`${step} ${verdict.kind}: ${verdict.because}`]
  );
  if (said.length === 0 && errors !== undefined && errors > 0) said.push(`${errors} errors`);
  return oneLine(said.join("; "));
}
