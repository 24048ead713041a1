import type { Summary } from "./statistics.ts";

/** What is measured beside one another. Two are HAProxy with the question left out; the second copies what it could splice. */
export const CANDIDATES = [
  "gateway",
  "no check",
  "no check, copying",
  "rclone direct",
  "rest-server",
] as const;
export type CandidateName = typeof CANDIDATES[number];

/** One row's figures: for each candidate one a round, in the same order of rounds. */
export type Series = {
  readonly what: string;
  readonly unit: string;
  readonly values: Readonly<Partial<Record<CandidateName, readonly number[]>>>;
};

/** What the gateway is held to. A figure without a limit has only a goal, and one without both is told for information. */
export type Verdict = {
  readonly what: string;
  /** what it is compared to; undefined where the figure stands for itself */
  readonly to: string | undefined;
  /** of the ratio, or of the figure itself */
  readonly value: Summary;
  readonly unit: "×" | "MiB" | "s" | "%" | "errors";
  readonly bound: "at least" | "at most";
  readonly limit?: number | undefined;
  readonly goal?: number | undefined;
  /** what a reader has to know to read it right */
  readonly note?: string | undefined;
};

/** Whether the median keeps to the limit and to the goal; undefined where there is none. */
export function keeps(
  { value, bound, limit, goal }: Verdict,
): { limit: boolean | undefined; goal: boolean | undefined } {
  const held = (to: number | undefined): boolean | undefined =>
    to === undefined ? undefined : bound === "at least" ? value.median >= to : value.median <= to;
  return { limit: held(limit), goal: held(goal) };
}

/** Processor time by process, in milliseconds, and of what. */
export type ProcessorTimes = {
  readonly what: string;
  readonly candidate: string;
  /** what the milliseconds are for: "1000 requests", "GB" */
  readonly per: string;
  readonly milliseconds: Readonly<Record<string, number>>;
};

/** A whole run, as it is written to a file. */
export type Results = {
  readonly started: string;
  readonly quick: boolean;
  readonly machine: {
    readonly cores: number;
    readonly model: string;
    readonly kernel: string;
    /** of one minute, before and after */
    readonly load: readonly [before: number, after: number];
  };
  /** image -> its id */
  readonly images: Readonly<Record<string, string>>;
  readonly seconds: number;
  /** how long each part of the run took, in seconds */
  readonly parts: readonly { readonly part: string; readonly seconds: number }[];
  readonly series: readonly Series[];
  readonly verdicts: readonly Verdict[];
  readonly processorTimes: readonly ProcessorTimes[];
};
