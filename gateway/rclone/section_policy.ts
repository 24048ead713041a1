import { BACKENDS, COMMON_OPTIONS, REFUSED_OPTIONS, REFUSED_TYPES } from "./backend_options.ts";

/** The parameters of one remote, in order. */
export type Parameters = readonly (readonly [key: string, value: string])[];

/**
 * Everything that is wrong with the parameters of a remote, one sentence each, without their values: whoever wrote
 * them must not be able to run commands, read files or reach other remotes of the gateway by them. With `trusted`, what
 * does so is let through, and only what cannot be a remote at all is left.
 */
export function sectionProblems(parameters: Parameters, trusted: boolean): string[] {
  const problems: string[] = [];
  const keys = parameters.map(([key]) => key);
  for (const key of new Set(keys.filter((key, index) => keys.indexOf(key) !== index))) {
    problems.push(`${key} is there more than once`);
  }
  const type = new Map(parameters).get("type") ?? "";
  if (type === "") problems.push("type is missing: which of rclone's backends it is");
  if (trusted) return problems;

  const harmless = Object.hasOwn(BACKENDS, type) ? optionsOf(type) : undefined;
  if (Object.hasOwn(REFUSED_TYPES, type)) {
    problems.push(`type ${type} is refused: ${REFUSED_TYPES[type]}`);
  } else if (harmless === undefined && type !== "") {
    problems.push(`type ${shown(type)} is not one that destinations may have`);
  }
  for (const [key, value] of parameters) {
    if (key === "type" || harmless?.has(key)) continue;
    const why = Object.hasOwn(REFUSED_OPTIONS, key) ? REFUSED_OPTIONS[key] : undefined;
    if (why === undefined) {
      if (harmless !== undefined) problems.push(`${shown(key)} is not an option of ${type} that is known`);
    } else if (!isOff(value) && !isUnused(type, key, parameters)) {
      problems.push(`${key} is refused: ${why}`);
    }
  }
  return problems;
}

/** Whether the value of a parameter may be shown. What is not known to be harmless is a secret. */
export function isPublic(type: string, key: string, value: string): boolean {
  if (key === "type") return true;
  // User information and queries of URLs are secrets wherever they stand.
  if (!Object.hasOwn(BACKENDS, type) || /[@?]/.test(value) && /:\/\//.test(value)) return false;
  return optionsOf(type).get(key) === "public";
}

/** The values that no output may hold. */
export function secretValues(parameters: Parameters): string[] {
  const type = new Map(parameters).get("type") ?? "";
  return parameters.filter(([key, value]) => !isPublic(type, key, value)).map(([, value]) => value);
}

/** The options of a type that are harmless, and which of them are secrets. */
function optionsOf(type: string): Map<string, "public" | "secret"> {
  const words = `${COMMON_OPTIONS} ${BACKENDS[type]}`.trim().split(/\s+/);
  return new Map(words.map((word) => word.endsWith("!") ? [word.slice(0, -1), "secret"] : [word, "public"]));
}

function isOff(value: string): boolean {
  return value === "" || value === "false";
}

/**
 * NethServer 8 writes `env_auth = true` beside both keys of S3, where rclone does not look at it.
 * Source: rclone's backend/s3/s3.go, s3Connection.
 */
function isUnused(type: string, key: string, parameters: Parameters): boolean {
  const given = new Map(parameters);
  return type === "s3" && key === "env_auth" &&
    ["access_key_id", "secret_access_key"].every((name) => given.get(name));
}

/** A word that somebody else wrote, as long as it is one. */
function shown(word: string): string {
  return /^[A-Za-z0-9_. -]{1,40}$/.test(word) ? word : "with odd characters";
}
