// systemd-analyze is the one of the hosts in tests/images/host/.
// What our own reading of schedules says, against systemd's, where both see the same times.
import { deepEqual, equal, ok } from "node:assert/strict";
import { parseCalendar } from "../../backup/timers/calendar.ts";
import { nextElapse } from "../../backup/timers/next_elapse.ts";
import { LABEL, podman, uniqueName } from "./harness/podman.ts";

const IMAGE = "localhost/rclone-gateway-test-host:debian13";
const ZONE = "Europe/Berlin";
/** The same for a host without a database of time zones (tzset(3)). */
const POSIX_ZONE = "CET-1CEST,M3.5.0,M10.5.0/3";
const ITERATIONS = 6;
/** Ordinary, before the clocks go forward, before they go back, before a leap day, and before a year's end. */
const BASES = [
  "2026-11-23 21:38:45",
  "2026-03-28 23:59:59",
  "2026-10-24 23:59:58",
  "2028-02-27 12:00:00",
  "2026-12-31 23:59:59",
];
const SCHEDULES = [
  "minutely",
  "hourly",
  "daily",
  "weekly",
  "monthly",
  "quarterly",
  "semiannually",
  "yearly",
  "annually",
  "Daily",
  "02:00",
  "2:30",
  "*-*-* 02:30:10",
  "*:0/30",
  "*:5,35",
  "*:*:0/5",
  "*:*:0,30",
  "0/3:00",
  "1..5:00",
  "2..22/4:30",
  "8,12,18:15",
  "Mon 02:00",
  "Mon..Fri 02:30",
  "mon,wed,fri *-*-* 1,13:0/20",
  "Saturday,Sunday 4:00",
  "Fri-Sun",
  "*-*-01",
  "*-*-1,15 3:00",
  "*-*-31",
  "*-*-10/10 5:00",
  "*-02-29",
  "Mon *-02-29",
  "Sun *-*-1..7 6:00",
  "10-05",
  "2027-*-1",
  "2026..2030/2-6-1",
  "2024-1-1",
  "*-02-30",
  "02:00 UTC",
  "Mon *-*-01 UTC",
];

Deno.test("schedules_come_round_when_systemd_says", async () => {
  const zoneBefore = Deno.env.get("TZ") ?? "";
  Deno.env.set("TZ", ZONE);
  try {
    const cases = SCHEDULES.flatMap((schedule) => BASES.map((base) => ({ schedule, base })));
    const said = await bySystemd(cases);
    equal(said.length, cases.length);
    let times = 0;
    for (const [index, { schedule, base }] of cases.entries()) {
      const calendar = parseCalendar(schedule);
      ok(!("because" in calendar), schedule);
      const found: number[] = [];
      for (let at: number | undefined = Date.parse(base.replace(" ", "T")); found.length < ITERATIONS;) {
        at = nextElapse(calendar, at);
        if (at === undefined) break;
        found.push(at);
      }
      times += found.length;
      deepEqual(found.map(shown), said[index], `${schedule} after ${base}`);
    }
    ok(times > SCHEDULES.length * BASES.length * 5);
  } finally {
    if (zoneBefore === "") Deno.env.delete("TZ");
    else Deno.env.set("TZ", zoneBefore);
  }
});

Deno.test("what_our_own_reading_takes_systemd_takes_too", async () => {
  const texts = [
    ...[
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
      "daily ",
      " daily",
    ],
    ...[
      "*-13-01",
      "*-0-1",
      "1-2-3-4 02:00",
      "1:2:3:4",
      "-1",
      "1969-01-01",
      "2200-01-01",
      "23/1:00",
      "*-*-31/1",
      "Mon..Wed..Fri",
    ],
  ];
  const taken = await takenBySystemd(texts);
  deepEqual(taken, texts.map(() => false));
  for (const text of texts) ok("because" in parseCalendar(text), text);
});

/** A time as systemd prints it here: on the clock, in UTC, so that an hour that comes twice is told apart. */
function shown(time: number): string {
  return new Date(time).toISOString().slice(0, 19);
}

async function bySystemd(cases: readonly { schedule: string; base: string }[]): Promise<string[][]> {
  const lines = cases.map(({ schedule, base }) => `${base}|${schedule}\n`).join("");
  const output = await inContainer(
    `while IFS='|' read -r base schedule; do echo "=="; systemd-analyze calendar --base-time="$base" ` +
      `--iterations=${ITERATIONS} -- "$schedule"; done <<'END'\n${lines}END`,
  );
  // Of a time by UTC the line "Next elapse" says it already; of another the line below says it in UTC.
  return output.split("==\n").slice(1).map((block) =>
    [...block.matchAll(/\(in UTC\): [A-Z][a-z]+ ([0-9-]+) ([0-9:]+) UTC/g)].map(([, date, time]) =>
      `${date}T${time}`
    )
  );
}

async function takenBySystemd(texts: readonly string[]): Promise<boolean[]> {
  const output = await inContainer(
    `while IFS= read -r each; do systemd-analyze calendar -- "$each" >/dev/null 2>&1 && echo yes || echo no; done <<'END'\n` +
      `${texts.join("\n")}\nEND`,
  );
  return output.trim().split("\n").map((line) => line === "yes");
}

function inContainer(script: string): Promise<string> {
  return podman(
    "run",
    "--rm",
    "--network=none",
    `--name=${uniqueName("calendar")}`,
    "--label",
    LABEL,
    `--env=TZ=${POSIX_ZONE}`,
    "--env=LC_ALL=C",
    "--entrypoint=bash",
    IMAGE,
    "-c",
    script,
  );
}
