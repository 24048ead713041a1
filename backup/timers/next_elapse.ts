import type { Calendar } from "./calendar.ts";

/** February 29th on a given weekday comes every 28 years, and 40 years apart around 2100. */
const MOST_DAYS = 41 * 366;
const DAY_MS = 86_400_000;

/**
 * When a schedule comes round next after a time, both in milliseconds since 1970; undefined where it never does. As systemd
 * does it: what a change to summer time skips is skipped, and what the way back repeats comes once.
 */
export function nextElapse(calendar: Calendar, after: number): number | undefined {
  const { utc } = calendar;
  const start = new Date(after);
  // A day on the calendar, counted as if it were UTC's: no hour is missing there.
  const first = utc
    ? Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate())
    : Date.UTC(start.getFullYear(), start.getMonth(), start.getDate());
  for (let count = 0; count < MOST_DAYS; count++) {
    const day = new Date(first + count * DAY_MS);
    if (!isOn(calendar, day)) continue;
    const found = timeOn(calendar, day, after);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isOn({ weekdays, years, months, days }: Calendar, day: Date): boolean {
  return weekdays.includes(day.getUTCDay()) && months.includes(day.getUTCMonth() + 1) &&
    days.includes(day.getUTCDate()) && (years?.includes(day.getUTCFullYear()) ?? true);
}

function timeOn({ hours, minutes, seconds, utc }: Calendar, day: Date, after: number): number | undefined {
  const date = [day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate()] as const;
  for (const hour of hours) {
    // An hour that is over: without a look at each of its seconds.
    if (instant(date, [hour, 59, 59], utc) <= after) continue;
    for (const minute of minutes) {
      if (instant(date, [hour, minute, 59], utc) <= after) continue;
      for (const second of seconds) {
        const time = instant(date, [hour, minute, second], utc);
        if (time > after && exists(time, hour, minute, utc)) return time;
      }
    }
  }
  return undefined;
}

function instant(
  date: readonly [number, number, number],
  time: readonly [number, number, number],
  utc: boolean,
): number {
  return utc ? Date.UTC(...date, ...time) : new Date(...date, ...time).getTime();
}

/** A time that the clocks skip comes out as another one. */
function exists(time: number, hour: number, minute: number, utc: boolean): boolean {
  const date = new Date(time);
  return utc || date.getHours() === hour && date.getMinutes() === minute;
}
