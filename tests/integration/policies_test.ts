import assert from "node:assert/strict";
import fc from "fast-check";
import { applyPolicy } from "../../backup/retention/apply_policy.ts";
import { formatPolicy, parsePolicy, type Policy } from "../../backup/retention/policy.ts";
import { anyPolicy } from "../unit/backup/retention/records.ts";
import { inRepository, makeSnapshots, records, snapshots } from "./harness/many_snapshots.ts";
import { makeVolume } from "./harness/podman.ts";

const DAY = 86_400;

Deno.test("every_policy_is_restics", async (test) => {
  const day = (text: string): number => Date.parse(text) / 1000;
  // Ends of years and their weeks, the two changes of the clocks, several within an hour and at one second, and a long past.
  const times = [
    ...[0, 0, 1, 59, 60, 1800, 3599, 3600, 7200, 30_000].map((seconds) =>
      day("2026-11-20T22:00:00Z") + seconds
    ),
    ...Array.from({ length: 14 }, (_, number) => day("2026-10-23T23:30:00Z") + number * 9000),
    ...Array.from({ length: 6 }, (_, number) => day("2026-03-28T22:30:00Z") + number * 3600),
    ...Array.from({ length: 9 }, (_, number) => day("2025-12-27T23:10:00Z") + number * DAY),
    ...Array.from({ length: 6 }, (_, number) => day("2020-12-31T12:00:00Z") + number * DAY),
    ...Array.from({ length: 12 }, (_, number) => day("2024-01-31T12:00:00Z") + number * 30 * DAY),
    day("2019-06-01T00:00:00Z"),
    day("2019-06-01T00:00:00Z"),
  ];
  const policies = [
    ..."last hourly daily weekly monthly yearly".split(" ").flatMap((rule) =>
      ["1", "3", "500"].map((count) => `keep-${rule}=${count}`)
    ),
    ..."1h 36h 1d 27d 400d".split(" ").map((within) => `keep-within=${within}`),
    "keep-last=7 keep-daily=7 keep-weekly=4 keep-monthly=12 keep-yearly=3",
    ...fc.sample(anyPolicy, { numRuns: 15, seed: 7 }).map(formatPolicy),
  ];
  for (const timeZone of ["UTC", "Europe/Rome"]) {
    await test.step(timeZone, async () => {
      await using volume = await makeVolume("policies");
      Deno.chmodSync(await volume.path(), 0o777);
      const at = { volume: volume.name, repository: "policies", host: "one", timeZone };
      await makeSnapshots(times.map((time) => ({ time, holds: "good" })), at);
      const stored = await snapshots(at);
      assert.equal(stored.length, times.length);
      const now = Date.now() / 1000;
      const script = policies.map((policy) =>
        `restic forget --dry-run --no-lock --no-cache --json --group-by "" ${
          policy.replaceAll("keep-", "--keep-")
        }`
      ).join("\n");
      const answers = (await inRepository(script, at)).trim().split("\n");
      assert.equal(answers.length, policies.length);
      for (const [number, words] of policies.entries()) {
        const [group] = JSON.parse(answers[number] ?? "") as [
          { reasons: { snapshot: { time: string }; matches: string[] }[]; remove: { time: string }[] | null },
        ];
        const theirs = [
          ...group.reasons.map(({ snapshot, matches }) => said(snapshot.time, matches)),
          ...(group.remove ?? []).map(({ time }) => said(time, [])),
        ];
        const ours = applyPolicy(policy(words), records(stored), now, timeZone).map(({ record, reasons }) =>
          said(record.seen, reasons)
        );
        assert.deepEqual(ours.toSorted(), theirs.toSorted(), `${words} in ${timeZone}`);
      }
    });
  }
});

function said(time: string | number, reasons: readonly string[]): string {
  const at = typeof time === "number" ? time : Date.parse(time) / 1000;
  return `${new Date(at * 1000).toISOString()}: ${reasons.join(", ")}`;
}

function policy(words: string): Policy {
  const parsed = parsePolicy(words);
  if ("problems" in parsed) throw new Error(parsed.problems.join("; "));
  return parsed;
}
