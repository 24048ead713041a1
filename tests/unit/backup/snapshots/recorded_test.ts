import assert from "node:assert/strict";
import { choose, withRecords } from "../../../../backup/snapshots/recorded.ts";
import { parseSnapshots } from "../../../../backup/snapshots/snapshot.ts";

const NOW = 1_795_464_000;
const DAY = 86_400;
const id = (digit: string): string => digit.repeat(64);
const at = (seconds: number): string => new Date(seconds * 1000).toISOString();

const SNAPSHOTS = parseSnapshots(JSON.stringify([
  { id: id("a"), time: at(NOW - 3 * DAY), hostname: "h" },
  { id: id("b"), time: at(NOW - 2 * DAY), hostname: "h" },
  // Recorded last, though it dates itself long ago.
  { id: id("c"), time: at(NOW - 400 * DAY), hostname: "h" },
  // Nobody has seen these being made.
  { id: id("e"), time: at(NOW + 365 * DAY), hostname: "h" },
  { id: `e1${id("e").slice(2)}`, time: at(NOW - 1), hostname: "h" },
]));
const RECORDS = [["a", NOW - 3 * DAY], ["b", NOW - 2 * DAY], ["c", NOW - DAY], ["f", NOW]].map((
  [digit, seen],
) => ({
  id: id(String(digit)),
  seen: Number(seen),
  backup: "1",
  node: "1",
  bytes: 1,
  added: 1,
  files: 1,
}));
const seen = withRecords(SNAPSHOTS, RECORDS, NOW);
const chosen = (wanted: string, any = false, of = seen): string => {
  const found = choose(of, wanted, any);
  return "because" in found ? found.because : found.snapshot.id.slice(0, 2);
};

Deno.test("latest_is_what_a_node_recorded_last_whatever_dates_say", () => {
  assert.equal(chosen("latest"), "cc");
  assert.equal(chosen("latest", true), "ee");
});

Deno.test("latest_of_nothing_recorded_is_nothing", () => {
  const unrecorded = withRecords(SNAPSHOTS, [], NOW);
  assert.match(chosen("latest", false, unrecorded), /no node has recorded any of the 5/);
  assert.equal(chosen("latest", true, unrecorded), "ee");
  assert.match(chosen("latest", true, []), /there is no snapshot/);
});

Deno.test("an_id_or_its_beginning_names_one_snapshot", () => {
  assert.equal(chosen("aaaaaaaa"), "aa");
  assert.equal(chosen(id("e")), "ee");
  assert.match(chosen("dddddddd"), /there is no snapshot dddddddd/);
  assert.match(chosen("e"), /2 snapshots begin/);
});

Deno.test("the_future_is_named_and_a_clock_may_be_some_minutes_off", () => {
  assert.deepEqual(seen.filter(({ future }) => future).map((each) => each.id.slice(0, 2)), ["ee"]);
  const [soon] = withRecords(parseSnapshots(JSON.stringify([{ id: id("a"), time: at(NOW + 60) }])), [], NOW);
  assert.equal(soon?.future, false);
});

Deno.test("snapshots_of_old_and_new_restic_are_read_and_bad_fields_are_unknown", () => {
  const [recent, old, odd, ...more] = parseSnapshots(JSON.stringify([
    {
      id: id("a"),
      time: "2026-11-23T20:00:00.123456789+01:00",
      hostname: "x\x1b[2Jy",
      summary: {
        backup_start: "2026-11-23T20:00:00Z",
        backup_end: "2026-11-23T20:01:00.5Z",
        total_bytes_processed: 12,
        total_files_processed: 3,
      },
    },
    { id: id("b"), time: "2020-01-01T00:00:00Z", hostname: "h" },
    { id: id("c"), time: 7, hostname: [], summary: { total_bytes_processed: -1, backup_start: "never" } },
    { id: "../x" },
    null,
  ]));
  assert.deepEqual(recent, {
    id: id("a"),
    time: Date.parse("2026-11-23T19:00:00Z") / 1000,
    host: "x [2Jy",
    start: Date.parse("2026-11-23T20:00:00Z") / 1000,
    end: Date.parse("2026-11-23T20:01:00Z") / 1000,
    bytes: 12,
    files: 3,
  });
  assert.deepEqual([old?.start, old?.end, old?.bytes, old?.files], [undefined, undefined, -1, -1]);
  assert.deepEqual([odd?.time, odd?.host, odd?.start, odd?.bytes], [0, "", undefined, -1]);
  assert.equal(more.length, 0);
  assert.deepEqual(parseSnapshots("null"), []);
  assert.throws(() => parseSnapshots('{"id":1}'));
});
