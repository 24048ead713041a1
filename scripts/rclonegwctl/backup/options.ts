import type { Command } from "commander";
import { note } from "../output.ts";
import { refuse } from "../destination/options.ts";
import { type BackupRequest, durationProblem, parseRequest, secondsOf } from "./request.ts";

/** What commander makes of the options below. */
export type BackupOptions = {
  readonly name?: string;
  readonly destination?: string;
  readonly schedule?: string;
  readonly retention?: string;
  readonly modules?: readonly string[];
  readonly enable?: true;
  readonly disable?: true;
  readonly keep?: readonly string[];
  readonly minimumAge?: string;
  readonly pruneEvery?: string;
  readonly randomDelay?: string;
  readonly stdin?: true;
  readonly json?: true;
};

/** Adds the options that describe a backup. */
export function describing(command: Command): Command {
  return command
    .option("--name <text>", 'what people call it (default: "Backup <its number>")')
    .option(
      "--schedule <text>",
      'when it runs, as systemd\'s OnCalendar: daily, "Mon..Fri 02:30", "*-*-* 1,13:00"',
    )
    .option("--retention <n>", "how many of its last snapshots are kept, at least 1")
    .option("--modules <ids...>", "the modules that are backed up: dokuwiki1 mail1 …")
    .option(
      "--keep <rules...>",
      "what is kept, in place of --retention: keep-last=n, keep-hourly=n, keep-daily=n, keep-weekly=n, keep-monthly=n, " +
        "keep-yearly=n, keep-within=30d; several add up",
    )
    .option(
      "--minimum-age <duration>",
      "how old a snapshot has to be before newer ones displace it (default: 3d)",
    )
    .option("--prune-every <duration>", "how often space is freed (default: 7d)")
    .option("--random-delay <duration>", "up to how much later than its schedule it starts (default: 0)")
    .option("--enable", "let it run by its schedule")
    .option("--disable", "keep it, and do not run it")
    .option(
      "--stdin",
      'read JSON on standard input instead of options: {"name","repository","schedule","schedule_hint","retention",' +
        '"instances","enabled"} and "keep","minimum_age","prune_every","random_delay"',
    )
    .option("--json", "print JSON");
}

/** What is asked for. Ends the command, naming every problem, where it cannot be understood. */
export async function requestOf(options: BackupOptions, doing: string): Promise<BackupRequest> {
  const { stdin, json: _, ...rest } = options;
  if (!stdin) return fromOptions(rest, doing);
  if (Object.keys(rest).length > 0) {
    refuse(doing, ["--stdin and options that describe the same backup: give one of them"]);
  }
  if (Deno.stdin.isTerminal()) note("Reading JSON from this terminal; Ctrl-D ends it:");
  const request = parseRequest(await new Response(Deno.stdin.readable).text());
  return "problems" in request ? refuse(doing, request.problems) : request;
}

function fromOptions(options: BackupOptions, doing: string): BackupRequest {
  const problems: string[] = [];
  const seconds = (flag: string, text: string | undefined): string | undefined => {
    if (text === undefined) return undefined;
    const value = secondsOf(text);
    if (value === undefined) problems.push(durationProblem(flag, text));
    return value;
  };
  const { name, destination, schedule, retention, modules, keep, enable, disable } = options;
  if (enable && disable) problems.push("--enable and --disable: give one of them");
  const given = {
    name,
    repository: destination,
    schedule,
    retention,
    // One text or several, with blanks or commas between them.
    instances: modules?.flatMap((each) => each.split(/[\s,]+/)).filter((each) => each !== ""),
    enabled: enable ? true : disable ? false : undefined,
    keep: keep?.join(" ").trim(),
    minimum_age: seconds("--minimum-age", options.minimumAge),
    prune_every: seconds("--prune-every", options.pruneEvery),
    random_delay: seconds("--random-delay", options.randomDelay),
  };
  if (problems.length > 0) refuse(doing, problems);
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
