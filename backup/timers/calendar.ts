/**
 * When a schedule comes round: the part of systemd's calendar events (systemd.time(7)) that schedules of backups are made of.
 * Each set is in order and never empty; a date that never comes, such as February 30th, is possible.
 */
export type Calendar = {
  /** 0 is Sunday */
  readonly weekdays: readonly number[];
  /** undefined: every year */
  readonly years: readonly number[] | undefined;
  /** 1 to 12 */
  readonly months: readonly number[];
  readonly days: readonly number[];
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly seconds: readonly number[];
  /** by UTC, and not by this host's time zone */
  readonly utc: boolean;
};

const NAMED: Readonly<Record<string, string>> = {
  minutely: "*-*-* *:*:00",
  hourly: "*-*-* *:00:00",
  daily: "*-*-* 00:00:00",
  weekly: "Mon *-*-* 00:00:00",
  monthly: "*-*-01 00:00:00",
  quarterly: "*-01,04,07,10-01 00:00:00",
  semiannually: "*-01,07-01 00:00:00",
  yearly: "*-01-01 00:00:00",
  annually: "*-01-01 00:00:00",
};

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** What cannot be read, and why. */
class Unread extends Error {}

/**
 * Reads a schedule: a name such as `daily`, or `[weekdays] [[year-]month-day] [hour:minute[:second]] [UTC]`, each number being
 * `*`, `2`, `1..5`, `0/15`, `1..10/3` or several of them with commas between. The rest of what systemd knows (other time zones,
 * days from a month's end, fractions of seconds) is refused: `because` says what.
 */
export function parseCalendar(text: string): Calendar | { readonly because: string } {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof Unread) return { because: error.message };
    throw error;
  }
}

function parse(text: string): Calendar {
  const [, before = text, zone = ""] = /^(.*) (UTC)$/.exec(text) ?? [];
  const words = (NAMED[before.toLowerCase()] ?? before).split(" ");
  const weekdays = /^[A-Za-z]/.test(words[0] ?? "") ? weekdaysOf(words.shift() ?? "") : [0, 1, 2, 3, 4, 5, 6];
  const date = words[0]?.includes("-") ? words.shift() ?? "" : "*-*-*";
  const time = words.shift() ?? "00:00:00";
  if (words.length > 0) {
    throw new Unread(`"${words.join(" ")}" is one word too many; of time zones only UTC is known`);
  }
  if (date.includes("~")) throw new Unread(`"${date}" counts days from a month's end`);
  const [day, month, year, ...noDate] = date.split("-").reverse();
  const [hour, minute, second = "00", ...noTime] = time.split(":");
  if (month === undefined || noDate.length > 0) throw new Unread(`"${date}" is no date such as *-*-01`);
  if (minute === undefined || noTime.length > 0) throw new Unread(`"${time}" is no time such as 02:30`);
  return {
    weekdays,
    years: year === undefined || year === "*" ? undefined : numbers("year", year, 1970, 2199),
    months: numbers("month", month, 1, 12),
    days: numbers("day", day ?? "", 1, 31),
    hours: numbers("hour", hour ?? "", 0, 23),
    minutes: numbers("minute", minute, 0, 59),
    seconds: secondsOf(second),
    utc: zone !== "",
  };
}

/** `Mon..Fri`, `sat,sunday`: a week begins with Monday. */
function weekdaysOf(text: string): number[] {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [from, to = from, ...rest] = part.split(/\.\.|-/).map(weekdayOf);
    if (from === undefined || to === undefined || rest.length > 0 || from > to) {
      throw new Unread(`"${part}" is no weekday, and no range of them such as Mon..Fri`);
    }
    for (let day = from; day <= to; day++) found.add(day % 7);
  }
  return inOrder(found);
}

/** 1 is Monday, 7 Sunday. */
function weekdayOf(name: string): number {
  const index = WEEKDAYS.findIndex((each) =>
    each === name.toLowerCase() || each.slice(0, 3) === name.toLowerCase()
  );
  if (index < 0) throw new Unread(`"${name}" is neither a weekday nor a schedule with a name`);
  return index || 7;
}

/** Without ranges: of these systemd 252 skips some (tried), and no backup needs one. */
function secondsOf(text: string): number[] {
  if (text.includes("..")) throw new Unread(`"${text}" is a range of seconds`);
  return numbers("second", text, 0, 59);
}

function numbers(what: string, text: string, least: number, most: number): number[] {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    if (text === "*") return Array.from({ length: most - least + 1 }, (_, index) => least + index);
    const [, first = "", last, step] = /^([0-9]{1,4})(?:\.\.([0-9]{1,4}))?(?:\/([0-9]{1,4}))?$/.exec(part) ??
      [];
    const from = first === "" ? NaN : Number(first);
    const to = last === undefined ? step === undefined ? from : most : Number(last);
    const by = step === undefined ? 1 : Number(step);
    if (!(from >= least && from <= to && to <= most && by >= 1)) {
      throw new Unread(
        `"${part}" is no ${what}: *, a number from ${least} to ${most}, a range such as ${least}..${
          least + 2
        }, or ${least}/2`,
      );
    }
    if (last === undefined && step !== undefined && from + by > most) {
      throw new Unread(`"${part}" repeats a ${what} that never comes again`);
    }
    for (let number = from; number <= to; number += by) found.add(number);
  }
  return inOrder(found);
}

function inOrder(found: ReadonlySet<number>): number[] {
  return [...found].sort((a, b) => a - b);
}
