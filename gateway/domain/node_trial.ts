/** What a destination has to be good for, in the order in which it is tried. */
export const TRIAL_STEPS = ["list", "write", "delete"] as const;
export type StepResult = "ok" | "failed" | "not-tried";

/** What came of trying a destination, as one node tells another. Holds no secret. */
export type TrialReport = Readonly<Record<typeof TRIAL_STEPS[number], StepResult>> & {
  /** why, in one line */
  readonly note?: string;
};

/** The same, of a node. One that was not reached, or would not, has tried nothing. */
export type NodeTrial = { readonly node: string } & TrialReport;

const RESULTS: readonly unknown[] = ["ok", "failed", "not-tried"] satisfies StepResult[];

/** Nothing tried, because … */
export function notTried(because: string): TrialReport {
  return { list: "not-tried", write: "not-tried", delete: "not-tried", note: oneLine(because) };
}

/** Another node's report, judged like everything that comes over the wire; undefined where it is none. */
export function parseTrialReport(value: unknown): TrialReport | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { list, write, delete: deleted, note } = value as Record<string, unknown>;
  if (![list, write, deleted].every((each) => RESULTS.includes(each))) return undefined;
  const steps = { list, write, delete: deleted } as TrialReport;
  return typeof note === "string" && note !== "" ? { ...steps, note: oneLine(note) } : steps;
}

/** A text that somebody else wrote, for a terminal: without control characters, in one line, and not without end. */
export function oneLine(text: string): string {
  return text.slice(0, 4000).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim().slice(0, 1000);
}
