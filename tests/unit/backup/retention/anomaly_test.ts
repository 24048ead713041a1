import assert from "node:assert/strict";
import fc from "fast-check";
import { anomalies, held, tooMany } from "../../../../backup/retention/anomaly.ts";
import { parseRetentionFacts, release } from "../../../../backup/retention/facts.ts";
import type { SnapshotRecord } from "../../../../backup/records.ts";
import { DAY, NOW, record } from "./records.ts";

type Given = Partial<Parameters<typeof anomalies>[0]> & { stored?: Record<string, string> };

function found({ stored = {}, ...given }: Given): string[] {
  const facts = parseRetentionFacts(stored, NOW);
  return anomalies({ records: [], vanished: [], unrecorded: 0, facts, ...given }).map(({ of, holds }) =>
    `${of} holds ${holds}`
  );
}

/** One record a day up to today, oldest first. */
function daily(...backups: Partial<SnapshotRecord>[]): SnapshotRecord[] {
  return backups.map((rest, day) => record(day, NOW - (backups.length - 1 - day) * DAY, rest));
}

const GOOD = {};
const EMPTY = { bytes: 0, files: 0, added: 0 };
const ENCRYPTED = { added: 1_000_000_000 };

Deno.test("what_looks_wrong_is_held", async (test) => {
  const cases: [name: string, given: Given, expected: string[]][] = [
    ["nothing_recorded", {}, []],
    ["as_usual", { records: daily(GOOD, GOOD, GOOD) }, []],
    ["the_first_one_is_empty", { records: daily(EMPTY) }, []],
    ["always_empty", { records: daily(EMPTY, EMPTY, EMPTY) }, []],
    ["empty_after_one", { records: daily(GOOD, EMPTY) }, ["small holds retention"]],
    ["empty_from_some_day_on", {
      records: daily(GOOD, GOOD, GOOD, EMPTY, EMPTY, EMPTY, EMPTY, EMPTY, EMPTY),
    }, [
      "small holds retention",
    ]],
    ["empty_ones_and_then_a_good_one", { records: daily(GOOD, GOOD, EMPTY, EMPTY, EMPTY, EMPTY, GOOD) }, [
      "small holds retention",
    ]],
    ["just_half", { records: daily(GOOD, { bytes: 500_000_000, files: 500 }) }, []],
    ["less_than_half", { records: daily(GOOD, GOOD, { bytes: 499_999_999 }) }, ["small holds retention"]],
    ["few_files", { records: daily(GOOD, GOOD, { files: 499 }) }, ["small holds retention"]],
    ["size_unknown", { records: daily(GOOD, { bytes: -1, files: -1 }) }, ["small holds retention"]],
    ["size_never_known", { records: daily({ bytes: -1, files: -1 }, { bytes: -1, files: -1 }) }, []],
    ["grown", { records: daily(GOOD, GOOD, GOOD, { bytes: 9_000_000_000, added: 8_010_000_000 }) }, []],
    ["all_new", { records: daily(GOOD, GOOD, GOOD, ENCRYPTED) }, ["replaced holds retention"]],
    ["all_new_and_then_as_usual", { records: daily(GOOD, GOOD, GOOD, ENCRYPTED, GOOD, GOOD, GOOD, GOOD) }, [
      "replaced holds retention",
    ]],
    ["always_all_new", { records: daily(ENCRYPTED, ENCRYPTED, ENCRYPTED, ENCRYPTED, ENCRYPTED) }, []],
    ["the_first_adds_all", { records: daily(ENCRYPTED, GOOD, GOOD, GOOD) }, []],
    ["vanished", { vanished: daily(GOOD) }, ["vanished holds retention"]],
    ["first_look_at_unrecorded", { unrecorded: 500 }, []],
    ["a_few_unrecorded", { unrecorded: 15, stored: { unrecorded: "5", looked: "1" } }, []],
    ["many_unrecorded", { unrecorded: 16, stored: { unrecorded: "5", looked: "1" } }, [
      "unrecorded holds prune",
    ]],
    ["all_at_once", {
      records: daily(GOOD, EMPTY),
      vanished: daily(GOOD),
      unrecorded: 100,
      stored: { unrecorded: "0", looked: "1" },
    }, ["small holds retention", "vanished holds retention", "unrecorded holds prune"]],
  ];
  for (const [name, given, expected] of cases) {
    await test.step(name, () => assert.deepEqual(found(given), expected));
  }
});

Deno.test("an_operators_word_releases_what_was_there_then", async (test) => {
  const released = release(NOW);
  const wrong: Given = {
    records: daily(GOOD, GOOD, GOOD, EMPTY, EMPTY),
    vanished: daily(GOOD),
    unrecorded: 100,
    stored: { unrecorded: "0", looked: String(NOW - 60) },
  };
  await test.step("held before", () => assert.equal(found(wrong).length, 3));
  const stored = { ...wrong.stored, ...released };
  await test.step("and not after", () => assert.deepEqual(found({ ...wrong, stored }), []));
  await test.step("what vanishes after the next look is missed, however old it is", () => {
    const after = { ...stored, looked: String(NOW + 1) };
    const facts = parseRetentionFacts(after, NOW + 2);
    const [old] = daily(GOOD, GOOD);
    assert.equal(anomalies({ records: [], vanished: old ? [old] : [], unrecorded: 0, facts }).length, 1);
  });
  await test.step("what was recorded after that word is missed", () => {
    const before = { looked: String(NOW - 20), released: String(NOW - 10) };
    assert.deepEqual(found({ vanished: daily(GOOD), stored: before }), ["vanished holds retention"]);
  });
  await test.step("what was accepted last is the measure for what comes", () => {
    const usual = { bytes: 10_000, files: 10, added: 100 };
    const then = daily(GOOD, GOOD, GOOD, usual, usual, usual);
    const accepted = { released: String(NOW - 2 * DAY) };
    assert.deepEqual(found({ records: then, stored: accepted }), []);
    assert.deepEqual(found({ records: [...then, record(99, NOW + 1, EMPTY)], stored: accepted }), [
      "small holds retention",
    ]);
  });
  await test.step("a word from the future is none yet", () => {
    assert.equal(found({ ...wrong, stored: { ...wrong.stored, ...release(NOW + 60) } }).length, 3);
  });
});

Deno.test("whatever_comes_after_an_abnormally_small_one_it_stays_held", () => {
  const anything = fc.record({
    bytes: fc.nat(2_000_000_000),
    files: fc.nat(2000),
    added: fc.nat(2_000_000_000),
  });
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 20 }), (later) => {
      const records = daily(GOOD, GOOD, GOOD, EMPTY, ...later);
      assert.ok(found({ records }).includes("small holds retention"));
    }),
  );
});

Deno.test("a_hold_says_what_happened_and_how_to_go_on_in_one_line", () => {
  const facts = parseRetentionFacts({}, NOW);
  const records = daily(GOOD, GOOD, EMPTY, EMPTY);
  const line = held(anomalies({ records, vanished: [], unrecorded: 0, facts }));
  assert.equal(
    line,
    "2 snapshots hold far less than before, the first one, 00000000 of 2026-11-22T12:00:00.000Z, 0 bytes in 0 files, where " +
      "1000000000 bytes in 1000 files were usual. Look at the application and at its snapshots " +
      '("rclonegwctl snapshots"); if all is as it should be, "rclonegwctl backup release" lets it go on',
  );
  assert.equal(held([]), undefined);
});

Deno.test("facts_that_are_no_numbers_are_none", () => {
  const none = { pruned: 0, released: 0, unrecorded: undefined, looked: 0 };
  assert.deepEqual(parseRetentionFacts({}, NOW), none);
  assert.deepEqual(
    parseRetentionFacts({ pruned: "-1", released: "soon", unrecorded: "", looked: "1e9" }, NOW),
    none,
  );
});

Deno.test("what_retention_itself_is_about_to_do_is_held_where_most_would_go_at_once", async (test) => {
  const cases: [
    name: string,
    counts: { forget: number; keep: number },
    stored: Record<string, string>,
    held: boolean,
  ][] = [
    ["nothing", { forget: 0, keep: 30 }, {}, false],
    ["one_a_day", { forget: 1, keep: 7 }, {}, false],
    ["a_few_of_a_few", { forget: 3, keep: 1 }, {}, false],
    ["as_many_as_stay", { forget: 7, keep: 7 }, {}, false],
    ["a_clock_a_year_ahead", { forget: 30, keep: 1 }, {}, true],
    ["an_operator_means_it", { forget: 30, keep: 1 }, release(NOW), false],
    ["an_operator_meant_it_once", { forget: 30, keep: 1 }, {
      ...release(NOW - DAY),
      looked: String(NOW - 60),
    }, true],
  ];
  for (const [name, counts, stored, expected] of cases) {
    await test.step(name, () => {
      const found = tooMany(counts, parseRetentionFacts(stored, NOW));
      assert.deepEqual(found.map(({ holds }) => holds), expected ? ["retention"] : []);
    });
  }
});
