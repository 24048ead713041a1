import { PROVIDERS, RAW } from "../../../gateway/providers/providers.ts";
import type { Entry } from "./import_entries.ts";
import { readRawSection } from "../../../gateway/validation/raw_section.ts";
import { nameProblems } from "./request.ts";
import { secretValues } from "../../../gateway/rclone/section_policy.ts";
import { type Wanted, wanted } from "./wanted.ts";

export type Imported = {
  readonly name: string;
  readonly password: string;
  readonly wanted: Wanted;
  readonly secrets: readonly string[];
};

const TODAY = ["provider", "name", "url", "basepath", "rclone_conf", "restic_password"];
const BEFORE = ["provider", "name", "url", "basepath", "password"];

/**
 * A destination of a list in one of its two forms, or everything that is wrong with it, without its values. Today's has
 * `rclone_conf` and `restic_password`; the one of before has flat fields such as `b2_account_key`, and `password`.
 */
export function importedDestination(
  { fields }: Entry,
  trusted: boolean,
): Imported | { readonly problems: readonly string[] } {
  const problems = Object.entries(fields).filter(([, value]) => typeof value !== "string")
    .map(([name]) => `${JSON.stringify(name)} is not a text`);
  if (problems.length > 0) return { problems };
  const texts = fields as Readonly<Record<string, string>>;
  const { provider = "", url = "", name = "", basepath = "" } = texts;
  if (provider !== RAW && !Object.hasOwn(PROVIDERS, provider)) {
    return { problems: [`provider is none of ${[...Object.keys(PROVIDERS), RAW].join(", ")}`] };
  }
  problems.push(...nameProblems(name));
  for (const key of ["url", "basepath"]) {
    if (/\p{Cc}/u.test(texts[key] ?? "")) problems.push(`${key} holds a control character`);
  }
  const today = "rclone_conf" in texts;
  const password = (today ? texts["restic_password"] : texts["password"]) ?? "";
  if (password === "") problems.push(`${today ? "restic_password" : "password"} is missing`);
  const read = today ? ofToday(texts, trusted) : ofBefore(texts, trusted);
  if ("problems" in read) problems.push(...read.problems);
  if (problems.length > 0 || "problems" in read) return { problems };
  return {
    name: name || read.defaultName,
    password,
    wanted: { ...read, url, basepath },
    secrets: [
      password,
      ...secretValues(read.parameters),
      ...Object.keys(texts).filter((key) => /key|pass|secret/.test(key)).map((key) => texts[key] ?? ""),
    ],
  };
}

type Answer = Wanted | { readonly problems: readonly string[] };

function ofToday(texts: Readonly<Record<string, string>>, trusted: boolean): Answer {
  const { provider = "", url = "", basepath = "", rclone_conf = "" } = texts;
  const problems = unknown(texts, TODAY);
  // Each node serves its own folder whatever this section says.
  const section = provider === "cluster" ? "type = local" : rclone_conf;
  const read = readRawSection(section, trusted || provider === "cluster");
  if ("problems" in read) problems.push(...read.problems);
  const meaning = provider === RAW ? { place: url, parameters: {} } : PROVIDERS[provider]?.meaning(url, {});
  if (meaning === undefined || "problems" in meaning) problems.push(...meaning?.problems ?? []);
  if (problems.length > 0 || "problems" in read || meaning === undefined || "problems" in meaning) {
    return { problems };
  }
  const title = PROVIDERS[provider]?.title ?? "";
  return {
    provider,
    url,
    basepath,
    parameters: read.parameters,
    plain: [],
    defaultName: `${title} ${meaning.place}`.trim(),
  };
}

function ofBefore(texts: Readonly<Record<string, string>>, trusted: boolean): Answer {
  const { provider = "", url = "" } = texts;
  if (provider === RAW) return { problems: ["rclone_conf is missing"] };
  const flat = Object.entries(texts).filter(([name]) => !BEFORE.includes(name))
    // Some of them were once called after rclone, and some are left over from long ago.
    .map(([name, value]) => [name.replace(/^rclone_smb_/, "smb_"), value]);
  return wanted({ provider, url, parameters: Object.fromEntries(flat) }, { trusted });
}

function unknown(texts: Readonly<Record<string, string>>, known: readonly string[]): string[] {
  return Object.keys(texts).filter((name) => !known.includes(name)).map((name) =>
    `there is no field ${JSON.stringify(name)}`
  );
}
