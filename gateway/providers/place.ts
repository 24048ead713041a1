import type { Field, Given, Provider } from "./provider.ts";

/** A storage in rclone's words. */
export type Place = {
  /** in order; values of `plain` are not obscured yet */
  readonly parameters: readonly (readonly [key: string, value: string])[];
  /** the keys whose values rclone still has to obscure */
  readonly plain: readonly string[];
  /** what it is called if nobody says otherwise */
  readonly defaultName: string;
};

/**
 * A provider's url and fields in rclone's words, or everything that is wrong with them. `kept` are the fields whose
 * values come from the stored section and are as rclone keeps them.
 */
export function placeOf(
  provider: Provider,
  url: string,
  given: Given,
  kept: ReadonlySet<string> = new Set(),
): Place | { readonly problems: readonly string[] } {
  const names = new Set(provider.fields.map(({ name }) => name));
  const meaning = provider.meaning(url, given);
  const problems = [
    ...controlled(url) ? ["url holds a control character"] : [],
    ...url.includes("%(") ? ["url holds %(, which rclone would replace"] : [],
    ..."problems" in meaning ? meaning.problems : [],
    ...Object.keys(given).filter((name) => !names.has(name)).map((name) => `there is no field ${name}`),
    ...provider.fields.filter(({ name, required }) => required && !given[name]).map(({ name }) =>
      `${name} is missing`
    ),
    ...provider.fields.filter(({ name, lines }) => !lines && controlled(given[name] ?? ""))
      .map(({ name }) => `${name} holds a control character`),
    ...provider.fields.filter(({ key, name }) => key === "port" && !isPort(given[name] ?? "22"))
      .map(({ name }) => `${name} is not a port`),
  ];
  if (problems.length > 0 || "problems" in meaning) return { problems };
  const own = provider.fields.filter(({ name }) => given[name])
    .map((field): [string, string] => [field.key, written(field, given)]);
  return {
    parameters: [...new Map([["type", provider.type], ...Object.entries(meaning.parameters), ...own])],
    plain: provider.fields.filter(({ name, obscured }) => obscured && given[name] && !kept.has(name))
      .map(({ key }) => key),
    defaultName: `${provider.title} ${meaning.place}`.trim(),
  };
}

/** The fields as a stored section has them: those that rclone obscures stay obscured. */
export function fieldsOf(
  provider: Provider,
  url: string,
  parameters: readonly (readonly [key: string, value: string])[],
): Given {
  const stored = new Map(parameters);
  const meaning = provider.meaning(url, {});
  const implied = "problems" in meaning ? {} : meaning.parameters;
  return Object.fromEntries(
    provider.fields.map((
      { name, key },
    ) => [name, stored.get(key) === implied[key] ? "" : stored.get(key) ?? ""])
      .filter(([, value]) => value !== ""),
  );
}

/** What tells a destination from another, beside its url: the fields that are neither secret nor incidental. */
export function tellingFields(provider: Provider, given: Given): Given {
  return Object.fromEntries(
    provider.fields.filter(({ name, secret, incidental }) => !secret && !incidental && given[name])
      .map(({ name }) => [name, given[name] ?? ""]),
  );
}

function written({ name, lines }: Field, given: Given): string {
  const value = given[name] ?? "";
  return lines ? value.trim().replaceAll(/\r?\n/g, "\\n") : value;
}

function isPort(text: string): boolean {
  return text === "" || /^[1-9][0-9]{0,4}$/.test(text) && Number(text) < 65536;
}

function controlled(value: string): boolean {
  // deno-lint-ignore no-control-regex
  return /[\x00-\x1f\x7f\u0085\u2028\u2029]/.test(value);
}
