import { oneLine, TRIAL_STEPS, type TrialReport } from "../domain/node_trial.ts";
import type { Trial } from "./trial.ts";
import { withoutValues } from "./without_secrets.ts";

/** A trial as it is told: how far it came, and what rclone said where it failed. `secrets` are taken out of that. */
export function trialReport(trial: Trial, secrets: readonly string[]): TrialReport {
  if (trial.kind === "worked") return { list: "ok", write: "ok", delete: "ok" };
  const read = trial.step !== "read the configuration";
  // What cannot be read cannot be listed.
  const at = read ? TRIAL_STEPS.findIndex((step) => step === trial.step) : 0;
  const [list = "failed", write = "failed", deleted = "failed"] = TRIAL_STEPS.map((_, index) =>
    index < at ? "ok" as const : index === at ? "failed" as const : "not-tried" as const
  );
  const left = trial.left === undefined ? "" : ` The object ${trial.left} is left there.`;
  const said = `rclone says: ${rcloneSaid(trial.said, secrets) || "nothing"}${left}`;
  const note = oneLine(
    read ? said : `rclone does not read the configuration as it was given. ${said}`,
  );
  return { list, write, delete: deleted, note };
}

/** rclone's lines without secrets, time and repetition, as one. */
export function rcloneSaid(said: string, secrets: readonly string[]): string {
  const lines = withoutValues(said, secrets).split("\n")
    .map((line) => line.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, "").trim());
  return [...new Set(lines.filter((line) => line !== ""))].join(" | ").slice(0, 1000);
}
