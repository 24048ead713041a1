import { parseDuration } from "../duration.ts";

/** What is asked for of a backup, by options or by JSON; what is not given is undefined. Not judged yet. */
export type BackupRequest = {
  readonly name?: string;
  readonly repository?: string;
  readonly schedule?: string;
  /** JSON, for a user interface */
  readonly schedule_hint?: string;
  readonly retention?: string;
  readonly instances?: readonly string[];
  readonly enabled?: boolean;
  readonly keep?: string;
  /** seconds */
  readonly minimum_age?: string;
  readonly prune_every?: string;
  readonly random_delay?: string;
};

type Mutable = { -readonly [Field in keyof BackupRequest]: BackupRequest[Field] };

const TEXTS = ["name", "repository", "schedule"] as const;
const DURATIONS = ["minimum_age", "prune_every", "random_delay"] as const;
const FIELDS: readonly string[] = [
  ...TEXTS,
  ...DURATIONS,
  "schedule_hint",
  "retention",
  "instances",
  "enabled",
  "keep",
];

/** A request from JSON with NethServer 8's fields and the gateway's own; or everything that is wrong with it. */
export function parseRequest(text: string): BackupRequest | { readonly problems: readonly string[] } {
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(text);
    if (typeof given !== "object" || given === null || Array.isArray(given)) throw new Error();
  } catch {
    return { problems: ["standard input is not a JSON object"] };
  }
  const problems: string[] = [];
  const request: Mutable = {};
  const typed = <T>(field: string, is: (value: unknown) => value is T, what: string): T | undefined => {
    const value = given[field];
    if (value === undefined || is(value)) return value;
    problems.push(`${field} is not ${what}`);
  };
  for (const field of Object.keys(given)) {
    if (!FIELDS.includes(field)) problems.push(`there is no field ${field}: ${FIELDS.join(", ")}`);
  }
  for (const field of TEXTS) assign(request, field, typed(field, isText, "a text"));
  for (const field of DURATIONS) {
    const value = typed(field, isTextOrNumber, "a duration");
    if (value === undefined) continue;
    const seconds = secondsOf(String(value));
    if (seconds === undefined) problems.push(durationProblem(field, String(value)));
    else request[field] = seconds;
  }
  const hint = typed("schedule_hint", isObject, "an object");
  if (hint !== undefined) request.schedule_hint = JSON.stringify(hint);
  const retention = typed("retention", isTextOrNumber, "a number");
  if (retention !== undefined) request.retention = String(retention);
  const keep = typed("keep", isTextOrTexts, "a text");
  if (keep !== undefined) request.keep = [keep].flat().join(" ").trim();
  assign(request, "instances", typed("instances", isTexts, "a list of modules' ids"));
  assign(request, "enabled", typed("enabled", isBoolean, "true or false"));
  return problems.length > 0 ? { problems } : request;
}

/** `0`, `3d` or a number of seconds, as seconds; undefined for any other text. */
export function secondsOf(text: string): string | undefined {
  if (/^[0-9]{1,9}$/.test(text)) return String(Number(text));
  const milliseconds = parseDuration(text);
  return milliseconds === undefined ? undefined : String(milliseconds / 1000);
}

export function durationProblem(field: string, value: string): string {
  return `${field} is "${value}", and no duration such as 90s, 30m, 2h or 3d`;
}

function assign<Field extends keyof Mutable>(
  to: Mutable,
  field: Field,
  value: Mutable[Field] | undefined,
): void {
  if (value !== undefined) to[field] = value;
}

const isText = (value: unknown): value is string => typeof value === "string";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const isTextOrTexts = (value: unknown): value is string | string[] => isText(value) || isTexts(value);
const isTextOrNumber = (value: unknown): value is string | number =>
  isText(value) || (typeof value === "number" && Number.isInteger(value));
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
