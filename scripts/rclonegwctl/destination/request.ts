import { isProvider, PROVIDERS, RAW } from "../../../gateway/providers/providers.ts";

/** What an operator asks for, in the fields of NethServer 8's actions. What is not given is not in it. */
export type Request = {
  readonly id?: string;
  readonly provider?: string;
  readonly name?: string;
  readonly url?: string;
  /** the restic password */
  readonly password?: string;
  readonly parameters: Readonly<Record<string, string>>;
};

/** The fields of a raw configuration. */
export const RAW_FIELDS = ["rclone_conf_secret", "rclone_conf_b64_secret", "basepath"] as const;

const TEXTS = ["id", "provider", "name", "url", "password"] as const;

/** A request as JSON, or everything that is wrong with it, without its values. */
export function parseRequest(text: string): Request | { readonly problems: readonly string[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problems: ["what is on standard input is not JSON"] };
  }
  return readRequest(value);
}

/** The same, parsed already. */
export function readRequest(value: unknown): Request | { readonly problems: readonly string[] } {
  if (!isObject(value)) return { problems: ["it is not a JSON object"] };
  const problems: string[] = [];
  const parameters = value["parameters"] ?? {};
  for (const [key, text] of Object.entries(value)) {
    if (key === "parameters") continue;
    if (!TEXTS.some((name) => name === key)) problems.push(`there is no field ${JSON.stringify(key)}`);
    else if (typeof text !== "string") problems.push(`${key} is not a text`);
  }
  if (!isObject(parameters)) problems.push("parameters is not a JSON object");
  // NethServer 8 gives null for the one of the two forms of a raw configuration that is not used.
  const given = Object.entries(isObject(parameters) ? parameters : {}).filter(([, text]) => text !== null);
  for (const [name, text] of given) {
    if (typeof text !== "string") problems.push(`${name} is not a text`);
  }
  const { provider } = value;
  if (typeof provider === "string" && !isProvider(provider)) {
    problems.push(`provider is none of ${[...Object.keys(PROVIDERS), RAW].join(", ")}`);
  }
  if (problems.length > 0) return { problems };
  const texts = Object.fromEntries(TEXTS.filter((name) => name in value).map((name) => [name, value[name]]));
  return { ...texts, parameters: Object.fromEntries(given) as Record<string, string> };
}

const SECRET_FIELDS = new Set([
  ...Object.values(PROVIDERS).flatMap(({ fields }) =>
    fields.filter(({ secret }) => secret).map(({ name }) => name)
  ),
  ...RAW_FIELDS.filter((name) => name.endsWith("_secret")),
]);

/** The values in it that no output may hold. */
export function secretsOf({ password, parameters }: Request): string[] {
  const secrets = Object.entries(parameters).filter(([name]) => SECRET_FIELDS.has(name)).map(([, value]) =>
    value
  );
  return [...secrets, ...password === undefined ? [] : [password]];
}

/** Names are printed as they are: what is wrong with one, or nothing. */
export function nameProblems(name: string | undefined): string[] {
  return name !== undefined && (/\p{Cc}/u.test(name) || name.length > 200)
    ? ["name holds a control character, or is longer than 200 characters"]
    : [];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
