import type { Container } from "../integration/harness/podman.ts";
import type { Redis } from "../../gateway/redis/connection.ts";
import type { Candidate } from "./candidates.ts";
import type { Store } from "./objects.ts";
import type { CandidateName, ProcessorTimes, Series, Verdict } from "./results.ts";
import { ratios, summary } from "./statistics.ts";
import type { Toolbox, Work } from "./toolbox.ts";

/** How much is done. */
export type Extent = {
  readonly rounds: number;
  /** of small GETs by other numbers of clients than eight */
  readonly otherRounds: number;
  /** of one run of small GETs, in seconds */
  readonly getSeconds: number;
  /** of 16 MiB, in one run of uploads */
  readonly objects: number;
  readonly resticRounds: number;
  /** of the large files and of the small ones, for restic */
  readonly largeBytes: number;
  readonly smallFiles: number;
  readonly scaleRounds: number;
  readonly starts: number;
  /** after which memory must still be what it was */
  readonly levelRequests: number;
};

const MIB = 1 << 20;
export const FULL: Extent = {
  rounds: 8,
  otherRounds: 6,
  getSeconds: 3,
  objects: 32,
  resticRounds: 8,
  largeBytes: 1024 * MIB,
  smallFiles: 20_000,
  scaleRounds: 8,
  starts: 5,
  levelRequests: 1_000_000,
};
export const QUICK: Extent = {
  rounds: 3,
  otherRounds: 2,
  getSeconds: 1,
  objects: 16,
  resticRounds: 2,
  largeBytes: 64 * MIB,
  smallFiles: 1000,
  scaleRounds: 2,
  starts: 3,
  levelRequests: 25_000,
};

/** What every part of a run works with. */
export type Bench = {
  readonly extent: Extent;
  readonly work: Work;
  readonly store: Store;
  readonly toolbox: Toolbox;
  readonly redis: Redis;
  readonly gateway: Container;
  readonly candidates: readonly Candidate[];
  /** the script of small GETs for wrk */
  readonly script: string;
  /** the same of several modules' objects: one alone may have 128 requests at once (base.cfg) */
  readonly scriptOfSeveral: string;
  readonly found: Findings;
};

/** What the parts of a run have found so far. */
export class Findings {
  readonly series: Series[] = [];
  readonly verdicts: Verdict[] = [];
  readonly processorTimes: ProcessorTimes[] = [];

  /** Keeps a row's figures and judges the gateway's by the others'. */
  compare(series: Series, comparisons: readonly Comparison[]): void {
    this.series.push(series);
    for (const { to, what, ...held } of comparisons) {
      const own = series.values.gateway;
      const others = series.values[to];
      if (own === undefined || others === undefined) continue;
      this.verdicts.push({
        what: what ?? series.what,
        to,
        value: summary(ratios(own, others)),
        unit: "×",
        ...held,
      });
    }
  }
}

export type Comparison = Pick<Verdict, "bound" | "limit" | "goal" | "note"> & {
  readonly to: CandidateName;
  readonly what?: string;
};

/** Figures by candidate, to be filled round by round. */
export function table<T>(candidates: readonly Candidate[]): Record<CandidateName, T[]> {
  return Object.fromEntries(candidates.map(({ name }) => [name, []])) as unknown as Record<
    CandidateName,
    T[]
  >;
}

/** The medians of several breakdowns, part by part. */
export function medianParts(breakdowns: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const parts = new Set(breakdowns.flatMap((breakdown) => Object.keys(breakdown)));
  return Object.fromEntries(
    [...parts].map((part) => [part, summary(breakdowns.map((breakdown) => breakdown[part] ?? 0)).median]),
  );
}

export function say(text: string): void {
  console.error(text);
}
