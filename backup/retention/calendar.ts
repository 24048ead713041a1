/** A moment as a calendar on the wall has it. `timeZone` is a name such as `UTC` or `Europe/Rome`, `time` seconds since 1970. */
export function onCalendar(time: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(time * 1000)).toZonedDateTimeISO(timeZone);
}

/** In which hour, day, week (ISO 8601: the first one of a year has its first Thursday), month and year that is. */
export const PERIODS = {
  hourly: (moment: Temporal.ZonedDateTime): string => `${PERIODS.daily(moment)} ${moment.hour}`,
  daily: (moment: Temporal.ZonedDateTime): string => `${PERIODS.monthly(moment)}-${moment.day}`,
  weekly: (moment: Temporal.ZonedDateTime): string => `${moment.yearOfWeek} week ${moment.weekOfYear}`,
  monthly: (moment: Temporal.ZonedDateTime): string => `${moment.year}-${moment.month}`,
  yearly: (moment: Temporal.ZonedDateTime): string => `${moment.year}`,
} as const;

/** So much earlier, in seconds since 1970. Whole days are those of the calendar, as restic counts them: one of them may have 23 hours. */
export function earlier(time: number, seconds: number, timeZone: string): number {
  if (seconds % 86_400 !== 0) return time - seconds;
  return onCalendar(time, timeZone).subtract({ days: seconds / 86_400 }).epochMilliseconds / 1000;
}
