import { fieldsOf, placeOf } from "../../../gateway/providers/place.ts";
import type { Provider } from "../../../gateway/providers/provider.ts";
import { PROVIDERS, RAW } from "../../../gateway/providers/providers.ts";
import { renderRcloneConf } from "../../../gateway/render/rclone_conf.ts";
import { rawUrl } from "../../../gateway/providers/raw.ts";
import { type Parameters, sectionProblems } from "../../../gateway/rclone/section_policy.ts";
import { decodeBase64, readRawSection } from "../../../gateway/validation/raw_section.ts";
import { RAW_FIELDS, type Request } from "./request.ts";
import type { StoredDestination } from "./stored.ts";

/** A destination as it is to be stored, before rclone has obscured the values of `plain`. */
export type Wanted = {
  readonly provider: string;
  readonly url: string;
  readonly basepath: string;
  readonly parameters: Parameters;
  readonly plain: readonly string[];
  readonly defaultName: string;
};

type Answer = Wanted | { readonly problems: readonly string[] };

/**
 * What a request means, or everything that is wrong with it. With `old` it changes that one: what is not given stays,
 * and so does a secret that is given as the empty text.
 */
export function wanted(
  request: Request,
  options: { readonly trusted: boolean; readonly old?: StoredDestination },
): Answer {
  const provider = request.provider ?? options.old?.provider;
  if (provider === undefined) return { problems: ["provider is missing"] };
  if (provider === RAW) return wantedRaw(request, options);
  const form = Object.hasOwn(PROVIDERS, provider) ? PROVIDERS[provider] : undefined;
  if (form === undefined) {
    return { problems: [`provider is none of ${[...Object.keys(PROVIDERS), RAW].join(", ")}`] };
  }
  const url = (request.url ?? options.old?.url ?? "").trim().replace(/\/+$/, "");
  if (url === "") return { problems: [`url is missing: ${form.url[0]}, such as ${form.url[1]}`] };
  const { given, kept } = merged(form, request, options.old);
  const place = placeOf(form, url, given, kept);
  if ("problems" in place) return place;
  const { defaultName, ...rest } = place;
  const problems = [
    ...form.type === "local" ? [] : sectionProblems(rest.parameters, options.trusted),
    ...writingProblems(rest.parameters.filter(([key]) => !rest.plain.includes(key))),
  ];
  return problems.length > 0 ? { problems } : { provider, url, basepath: "", ...rest, defaultName };
}

/** Why parameters cannot be written to rclone.conf, if they cannot: the first reason, without values. */
function writingProblems(parameters: Parameters): string[] {
  try {
    renderRcloneConf("x", { parameters, path: "" });
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** The given fields over the stored ones. */
function merged(
  form: Provider,
  { parameters }: Request,
  old: StoredDestination | undefined,
): { given: Readonly<Record<string, string>>; kept: ReadonlySet<string> } {
  const before = old === undefined ? {} : fieldsOf(form, old.url, old.parameters);
  const kept = new Set(
    form.fields.filter(({ name, secret }) =>
      before[name] && (secret ? !parameters[name] : !(name in parameters))
    )
      .map(({ name }) => name),
  );
  const given = Object.entries(parameters).filter(([name, value]) => value !== "" && !kept.has(name));
  return {
    given: {
      ...Object.fromEntries([...kept].map((name) => [name, before[name] ?? ""])),
      ...Object.fromEntries(given),
    },
    kept,
  };
}

function wantedRaw(
  { url, parameters }: Request,
  { trusted, old }: { readonly trusted: boolean; readonly old?: StoredDestination },
): Answer {
  const { rclone_conf_secret: text = "", rclone_conf_b64_secret: base64 = "" } = parameters;
  const basepath = (parameters["basepath"] ?? old?.basepath ?? "").replace(/\/+$/, "");
  const problems = Object.keys(parameters).filter((name) => !RAW_FIELDS.some((field) => field === name))
    .map((name) => `there is no field ${name}`);
  if (url !== undefined && url !== "" && url !== old?.url) {
    problems.push("url is made from the configuration: leave it out");
  }
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(basepath) || basepath.length > 512) {
    problems.push("basepath holds a control character, or is longer than 512 characters");
  }
  if (basepath.split("/").some((segment) => segment === "..")) problems.push("basepath has a folder ..");
  if (text !== "" && base64 !== "") {
    problems.push("rclone_conf_secret and rclone_conf_b64_secret are both given");
  }
  const decoded = text !== "" ? text : base64 !== "" ? decodeBase64(base64) : "";
  if (decoded === undefined) problems.push("rclone_conf_b64_secret is not a text in base64");
  const read = decoded === undefined || decoded === "" && old === undefined
    ? { problems: decoded === undefined ? [] : ["rclone_conf_secret is missing: the section of rclone.conf"] }
    : readRawSection(decoded === "" ? old?.section ?? "" : decoded, trusted);
  problems.push(..."problems" in read ? read.problems : writingProblems(read.parameters));
  if (problems.length > 0 || "problems" in read) return { problems };
  const known = new Map(read.parameters);
  return {
    provider: RAW,
    url: rawUrl(known, basepath),
    basepath,
    parameters: read.parameters,
    plain: [],
    defaultName: `${known.get("type") ?? ""} ${basepath}`.trim(),
  };
}
