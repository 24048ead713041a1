import assert from "node:assert/strict";
import fc from "fast-check";
import { applyPolicy } from "../../../../backup/retention/apply_policy.ts";
import { type Choice, choose, type Choosing } from "../../../../backup/retention/choose.ts";
import { NOTHING } from "../../../../backup/retention/policy.ts";
import { anyPolicy, anyRecords, anyTimeZone, at, DAY, idOf, NOW, record } from "./records.ts";

const WORLD = fc.record({
  policy: anyPolicy,
  records: anyRecords,
  timeZone: anyTimeZone,
  minimumAge: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 * DAY })),
  unrecorded: fc.array(fc.integer({ min: 1000, max: 2000 }).map(idOf), { maxLength: 30 }),
  missing: fc.array(fc.nat(59).map(idOf), { maxLength: 5 }),
});
type World = typeof WORLD extends fc.Arbitrary<infer Some> ? Some : never;

function choosing({ unrecorded, missing, ...rest }: World): Choosing {
  const present = new Set([...rest.records.map(({ id }) => id), ...unrecorded]);
  for (const id of missing) present.delete(id);
  return { ...rest, present, now: NOW };
}

function ids(records: readonly { readonly id: string }[]): string[] {
  return records.map(({ id }) => id).sort();
}

function property(holds: (world: World, choice: Choice) => void): void {
  fc.assert(fc.property(WORLD, (world) => holds(world, choose(choosing(world)))), { numRuns: 400 });
}

Deno.test("what_is_not_recorded_is_listed_and_never_forgotten", () => {
  property(({ unrecorded }, { forget, ...choice }) => {
    assert.deepEqual(choice.unrecorded, [...new Set(unrecorded)].sort());
    assert.equal(forget.some(({ id }) => unrecorded.includes(id)), false);
  });
});

Deno.test("what_is_not_recorded_changes_nothing", () => {
  property((world, { unrecorded: _, ...choice }) => {
    const { unrecorded: __, ...without } = choose(choosing({ ...world, unrecorded: [] }));
    assert.deepEqual(choice, without);
  });
});

Deno.test("nothing_younger_than_the_minimum_age_is_forgotten", () => {
  property(({ minimumAge }, { forget }) =>
    assert.equal(forget.some(({ seen }) => NOW - seen < minimumAge), false)
  );
});

Deno.test("never_less_than_the_policy_is_kept", () => {
  property((world, { keep, forget }) => {
    const { present } = choosing(world);
    const there = world.records.filter(({ id }) => present.has(id));
    const wanted = applyPolicy(world.policy, there, NOW, world.timeZone).filter(({ reasons }) =>
      reasons.length > 0
    );
    const kept = new Set(keep.map(({ record }) => record.id));
    for (const { record } of wanted) assert.ok(kept.has(record.id));
    assert.deepEqual(ids([...keep.map(({ record }) => record), ...forget]), ids(there));
    assert.ok(keep.length >= Math.min(world.policy.last, there.length));
  });
});

Deno.test("each_recorded_snapshot_that_is_missing_is_either_gone_or_vanished", () => {
  property((world, { gone, vanished }) => {
    const { present } = choosing(world);
    assert.deepEqual(
      ids([...gone, ...vanished]),
      ids(world.records.filter(({ id }) => !present.has(id))),
    );
  });
});

Deno.test("what_a_killed_run_has_forgotten_is_gone_and_not_vanished", () => {
  const killed = fc.record({
    world: WORLD,
    // How many it has come to forget, and how many backups were recorded since.
    done: fc.nat(60),
    since: fc.array(fc.integer({ min: 1, max: 50 * DAY }), { maxLength: 8 }),
  });
  fc.assert(
    fc.property(killed, ({ world, done, since }) => {
      const first = choosing({ ...world, missing: [], unrecorded: [] });
      const forgotten = new Set(ids(choose(first).forget).slice(0, done));
      const later = since.map((seconds, number) => record(3000 + number, NOW + DAY + seconds));
      const records = [...first.records, ...later];
      const { gone, vanished } = choose({
        ...first,
        records,
        now: NOW + 60 * DAY,
        present: new Set(ids(records).filter((id) => !forgotten.has(id))),
      });
      assert.deepEqual([ids(gone), vanished], [[...forgotten], []]);
    }),
    { numRuns: 400 },
  );
});

Deno.test("to_forget_twice_is_to_forget_once", () => {
  property((world, { forget }) => {
    const left = world.records.filter((each) => !forget.includes(each));
    assert.deepEqual(choose(choosing({ ...world, records: left })).forget, []);
  });
});

Deno.test("a_policy_without_a_rule_forgets_nothing", () => {
  const records = [record(1, NOW - 40 * DAY), record(2, NOW - 30 * DAY)];
  const present = new Set(ids(records));
  const choice = choose({ policy: NOTHING, records, present, now: NOW, minimumAge: 0, timeZone: "UTC" });
  assert.deepEqual(choice.forget, []);
  assert.equal(choice.keep.length, 2);
});

Deno.test("edge_cases_are_restics", async (test) => {
  const cases: [
    name: string,
    policy: Partial<typeof NOTHING>,
    timeZone: string,
    times: string[],
    reasons: string[][],
  ][] = [
    ["the_oldest_fills_up", { daily: 5 }, "UTC", [
      "2026-11-22T12:00:00Z",
      "2026-11-21T12:00:00Z",
      "2026-11-21T11:00:00Z",
      "2026-11-21T10:00:00Z",
    ], [["daily snapshot"], ["daily snapshot"], [], ["oldest daily snapshot"]]],
    ["nothing_left_for_the_oldest", { daily: 2 }, "UTC", [
      "2026-11-22T12:00:00Z",
      "2026-11-21T12:00:00Z",
      "2026-11-21T11:00:00Z",
    ], [["daily snapshot"], ["daily snapshot"], []]],
    ["midnight_is_the_time_zone's", { daily: 3 }, "Europe/Rome", [
      "2026-11-21T23:30:00Z",
      "2026-11-21T22:30:00Z",
      "2026-11-21T12:00:00Z",
      "2026-11-20T12:00:00Z",
    ], [["daily snapshot"], ["daily snapshot"], [], ["daily snapshot"]]],
    ["weeks_are_iso's", { weekly: 9 }, "UTC", [
      "2021-01-04T00:00:00Z",
      "2021-01-03T23:00:00Z",
      "2020-12-28T00:00:00Z",
      "2020-12-27T00:00:00Z",
    ], [["weekly snapshot"], ["weekly snapshot"], [], ["weekly snapshot"]]],
    ["within_counts_from_the_newest", { within: DAY }, "UTC", [
      "2026-01-02T12:00:00Z",
      "2026-01-01T12:00:01Z",
      "2026-01-01T12:00:00Z",
    ], [["within 1d"], ["within 1d"], []]],
    ["a_day_of_25_hours_is_a_day", { within: DAY }, "Europe/Rome", [
      "2026-10-25T12:00:00+01:00",
      "2026-10-24T12:00:01+02:00",
      "2026-10-24T12:00:00+02:00",
    ], [["within 1d"], ["within 1d"], []]],
    ["the_future_is_not_the_newest", { within: DAY }, "UTC", [
      "2026-12-01T00:00:00Z",
      "2026-11-22T12:00:00Z",
      "2026-11-21T13:00:00Z",
      "2026-11-20T12:00:00Z",
    ], [["within 1d"], ["within 1d"], ["within 1d"], []]],
    [
      "several_reasons",
      { last: 1, yearly: 1, within: 3600 },
      "UTC",
      ["2026-01-02T12:00:00Z", "2026-01-01T12:00:00Z"],
      [["within 1h", "last snapshot", "yearly snapshot"], []],
    ],
  ];
  for (const [name, policy, timeZone, times, reasons] of cases) {
    await test.step(name, () => {
      const records = times.map((time, number) => record(number, at(time)));
      assert.deepEqual(
        applyPolicy({ ...NOTHING, ...policy }, records.toReversed(), NOW, timeZone).map((each) =>
          each.reasons
        ),
        reasons,
      );
    });
  }
});

Deno.test("what_another_backups_policy_keeps_stays", () => {
  const daily = Array.from({ length: 40 }, (_, day) => record(day, NOW - day * DAY));
  const world = {
    records: daily,
    present: new Set(daily.map(({ id }) => id)),
    now: NOW,
    minimumAge: 0,
    timeZone: "UTC",
  };
  const [last, monthly] = [{ ...NOTHING, last: 2 }, { ...NOTHING, monthly: 2 }];
  const alone = choose({ ...world, policy: last });
  const both = choose({ ...world, policy: last, others: [monthly] });
  assert.equal(alone.keep.length, 2);
  assert.deepEqual(
    ids(both.keep.map((kept) => kept.record)),
    [
      ...new Set([
        ...ids(alone.keep.map((kept) => kept.record)),
        ...ids(choose({ ...world, policy: monthly }).keep.map((kept) => kept.record)),
      ]),
    ].sort(),
  );
  assert.ok(both.keep.length > alone.keep.length);
});
