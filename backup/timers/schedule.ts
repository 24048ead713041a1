import { parseCalendar } from "./calendar.ts";
import { nextElapse } from "./next_elapse.ts";

/** As NethServer 8 has it. */
const LONGEST = 64;

/**
 * What is wrong with a schedule, in the words of an error; undefined where it can be used. systemd is asked where there is one,
 * since it makes the timers; a check of our own, which knows less, holds elsewhere.
 */
export async function scheduleProblem(text: string): Promise<string | undefined> {
  if (text.length > LONGEST) return `schedule is longer than ${LONGEST} characters`;
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(text)) return "schedule holds a control character";
  const valid = await systemdTakes(text);
  if (valid === undefined) return ownProblem(text, Date.now());
  return valid
    ? undefined
    : `schedule is "${text}", and no calendar event of systemd (systemd.time(7)), such as "daily" or "Mon..Fri 02:30"`;
}

/** What our own check says. Without systemd here, that is also what the foreground mode can run. */
export function ownProblem(text: string, now: number): string | undefined {
  const calendar = parseCalendar(text);
  if ("because" in calendar) {
    return `schedule is "${text}", which cannot be read without systemd: ${calendar.because}`;
  }
  return nextElapse(calendar, now) === undefined
    ? `schedule is "${text}", which never comes round again`
    : undefined;
}

/** Whether systemd reads it; undefined where there is no systemd to ask. */
async function systemdTakes(text: string): Promise<boolean | undefined> {
  try {
    const { success } = await new Deno.Command("systemd-analyze", {
      args: ["calendar", "--", text],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
