import assert from "node:assert/strict";
import { parseCalendar } from "../../../../backup/timers/calendar.ts";
import { nextElapse } from "../../../../backup/timers/next_elapse.ts";

/** By UTC, so that the test says the same in every time zone. */
function next(schedule: string, after: string, count = 1): string[] {
  const calendar = parseCalendar(`${schedule} UTC`);
  assert.ok(!("because" in calendar), JSON.stringify(calendar));
  const found: string[] = [];
  for (let at: number | undefined = Date.parse(after); found.length < count;) {
    at = nextElapse(calendar, at);
    if (at === undefined) break;
    found.push(new Date(at).toISOString().replace(".000Z", ""));
  }
  return found;
}

const AFTER = "2026-11-23T21:38:45Z"; // a Monday

for (
  const [schedule, expected] of [
    ["daily", "2026-11-24T00:00:00"],
    ["Hourly", "2026-11-23T22:00:00"],
    ["weekly", "2026-11-30T00:00:00"],
    ["monthly", "2026-12-01T00:00:00"],
    ["quarterly", "2027-01-01T00:00:00"],
    ["yearly", "2027-01-01T00:00:00"],
    ["*-*-* 02:00", "2026-11-24T02:00:00"],
    ["02:30", "2026-11-24T02:30:00"],
    ["Sat", "2026-11-28T00:00:00"],
    ["Sun", "2026-11-29T00:00:00"],
    ["Mon..Fri 21:38:45", "2026-11-24T21:38:45"],
    ["fri-sunday 5:00", "2026-11-27T05:00:00"],
    ["mon,wed..fri *-*-1..7 4:5", "2026-12-02T04:05:00"],
    ["10-05", "2027-10-05T00:00:00"],
    ["2027..2029/2-2-1", "2027-02-01T00:00:00"],
    ["*:0/15", "2026-11-23T21:45:00"],
    ["*:*:0/5", "2026-11-23T21:38:50"],
    ["2..22/4:30", "2026-11-23T22:30:00"],
    ["*-*-31", "2026-12-31T00:00:00"],
    ["*-02-29", "2028-02-29T00:00:00"],
    ["Mon *-02-29", "2044-02-29T00:00:00"],
  ] as const
) {
  Deno.test(`next_${schedule}`, () => assert.deepEqual(next(schedule, AFTER), [expected]));
}

Deno.test("a_schedule_comes_round_again_and_again", () => {
  assert.deepEqual(next("Mon,Wed *-*-* 1,13:0/30", "2026-11-23T13:00:00Z", 4), [
    "2026-11-23T13:30:00",
    "2026-11-25T01:00:00",
    "2026-11-25T01:30:00",
    "2026-11-25T13:00:00",
  ]);
});

Deno.test("what_never_comes_is_never", () => {
  for (const schedule of ["2020-01-01", "*-02-30", "2027-02-29"]) assert.deepEqual(next(schedule, AFTER), []);
});

Deno.test("what_is_not_read_is_refused_with_a_reason", () => {
  for (
    const text of [
      "",
      " ",
      "often",
      "24:00",
      "*:60",
      "*",
      "02",
      "*/2:00",
      "0/24:00",
      "1/0:00",
      "5..3:00",
      "Fri..Mon",
      "Mon,",
      "daily ",
      " daily",
      "daily daily",
      "*-13-01",
      "*-0-1",
      "*-02~01",
      "1-2-3-4 02:00",
      "1:2:3:4",
      "02:00:00.5",
      "02:00:1..5",
      "02:00 Europe/Rome",
      "@1700000000",
      "-1",
      "\n",
    ]
  ) {
    const read = parseCalendar(text);
    assert.ok("because" in read && read.because !== "", text);
  }
});
