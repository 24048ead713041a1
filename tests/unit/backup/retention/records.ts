import fc from "fast-check";
import type { SnapshotRecord } from "../../../../backup/records.ts";
import type { Policy } from "../../../../backup/retention/policy.ts";

/** The id of a made-up snapshot. */
export function idOf(number: number): string {
  return number.toString(16).padStart(64, "0");
}

/** A record of a usual backup: a gigabyte in a thousand files, of which a hundredth is new. */
export function record(number: number, seen: number, rest: Partial<SnapshotRecord> = {}): SnapshotRecord {
  const usual = { backup: "1", node: "1", bytes: 1_000_000_000, added: 10_000_000, files: 1000 };
  return { id: idOf(number), seen, ...usual, ...rest };
}

/** Seconds since 1970 of a time such as `2026-03-01T12:00:00Z`. */
export function at(text: string): number {
  return Date.parse(text) / 1000;
}

export const NOW = at("2026-11-23T12:00:00Z");
export const DAY = 86_400;

/** Any records of the two years before NOW, some at the same second, a few in the future; each with an id of its own. */
export const anyRecords: fc.Arbitrary<SnapshotRecord[]> = fc.array(
  fc.oneof(
    fc.integer({ min: NOW - 730 * DAY, max: NOW }),
    fc.integer({ min: 0, max: 40 }).map((days) => NOW - days * DAY),
    fc.integer({ min: NOW, max: NOW + DAY }),
  ),
  { maxLength: 60, size: "max" },
).map((times) => times.map((time, number) => record(number, time)));

const count = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 12 }));
export const anyPolicy: fc.Arbitrary<Policy> = fc.record({
  last: count,
  hourly: count,
  daily: count,
  weekly: count,
  monthly: count,
  yearly: count,
  within: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 }).map((days) => days * DAY)),
}).filter((policy) => Object.values(policy).some((number) => number > 0));

export const anyTimeZone: fc.Arbitrary<string> = fc.constantFrom(
  "UTC",
  "Europe/Rome",
  "America/St_Johns",
  "Pacific/Apia",
);
