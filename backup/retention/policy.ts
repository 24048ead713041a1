/**
 * What is kept of a repository's snapshots, as restic's own options say it: how many of the last ones, of the last one of each
 * hour, day, week, month and year, and all of the last `within` seconds. At least one of them is more than nothing.
 */
export type Policy = {
  readonly last: number;
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  /** in seconds */
  readonly within: number;
};

/** No rule at all. */
export const NOTHING: Policy = { last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: 0 };
const COUNTS = ["last", "hourly", "daily", "weekly", "monthly", "yearly"] as const;
const UNITS: Readonly<Record<string, number>> = { h: 3600, d: 86_400 };

/** A policy from words such as `keep-last=7 keep-daily=14 keep-within=30d`; or everything that is wrong with them. */
export function parsePolicy(text: string): Policy | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const policy: { -readonly [rule in keyof Policy]: Policy[rule] } = { ...NOTHING };
  const seen = new Set<string>();
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    const [, rule = "", value = ""] = /^keep-([a-z]+)=(.*)$/.exec(word) ?? [];
    const count = COUNTS.find((each) => each === rule);
    if (seen.has(rule)) problems.push(`keep-${rule} is there twice`);
    seen.add(rule);
    if (count !== undefined && /^[1-9][0-9]{0,5}$/.test(value)) policy[count] = Number(value);
    else if (count !== undefined) problems.push(`"${word}" does not say how many: a number from 1 on`);
    else if (rule === "within") {
      const [, number = "", unit = ""] = /^([1-9][0-9]{0,5})([hd])$/.exec(value) ?? [];
      if (number === "") problems.push(`"${word}" does not say how long: such as 36h or 30d`);
      policy.within = Number(number) * (UNITS[unit] ?? 0);
    } else {
      problems.push(
        `"${word}" is no rule: keep-last, keep-hourly, keep-daily, keep-weekly, keep-monthly, keep-yearly or keep-within`,
      );
    }
  }
  if (seen.size === 0) problems.push("nothing says what to keep");
  return problems.length > 0 ? { problems } : policy;
}

/** A policy in the words that {@link parsePolicy} reads. */
export function formatPolicy(policy: Policy): string {
  const words = COUNTS.filter((rule) => policy[rule] > 0).map((rule) => `keep-${rule}=${policy[rule]}`);
  const { within } = policy;
  if (within > 0) {
    words.push(`keep-within=${within % 86_400 === 0 ? `${within / 86_400}d` : `${within / 3600}h`}`);
  }
  return words.join(" ");
}
