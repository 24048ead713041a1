import type { Remote } from "../domain/destination.ts";
import { isOauthToken, withoutRefreshToken } from "../domain/oauth_token.ts";
import { remotePath } from "../domain/remote_path.ts";
import type { Parameters } from "../rclone/section_policy.ts";
import { renderRcloneConf } from "../render/rclone_conf.ts";
import { readRawSection } from "./raw_section.ts";

/** What a node is asked to try: a destination as it would be stored. Holds secrets. */
export type AskedToTry = {
  readonly provider: string;
  readonly url: string;
  readonly basepath: string;
  /** a section of rclone.conf */
  readonly section: string;
};

/** What of it can be tried: a remote; or the disk of the node at an address, whose section is never used. */
export type Judged =
  | { readonly kind: "remote"; readonly remote: Remote }
  | { readonly kind: "disk"; readonly address: string };

/** The name of the section that is tried. It is this node's own: what a sender calls it does not matter. */
export const TRIAL_SECTION = "trial";

const FIELDS = ["provider", "url", "basepath", "section"] as const;
const LONGEST_PATH = 1024;
const LONGEST_URL = 2048;
/** More is no help to anybody, and somebody else chose how many there are. */
const MOST_PROBLEMS = 20;

/**
 * What another node sends, judged like text from a stranger, whatever that node has looked at itself and whatever its operator
 * trusts: no commands, no local files, no other remotes, nothing that rclone would read differently. Everything that is wrong
 * is named, without its value.
 */
export function judge(text: string): Judged | { readonly problems: readonly string[] } {
  const asked = parse(text);
  if ("problems" in asked) return asked;
  const problems: string[] = [];
  const { provider, url, section } = asked;
  if (!/^[a-z0-9-]{1,40}$/.test(provider)) problems.push("provider is not the name of one");
  if (unclean(url) || url.length > LONGEST_URL) {
    problems.push(`url holds a control character, or is longer than ${LONGEST_URL} characters`);
  }
  if (provider === "cluster") {
    const address = /^webdav:http:\/\/(?:([0-9.]+)|\[([0-9a-f:]+)\]):4694$/.exec(url)?.slice(1)
      .find((each) => each !== undefined);
    if (address === undefined) problems.push("url is not webdav:http://<address of a node>:4694");
    return problems.length > 0 || address === undefined ? { problems } : { kind: "disk", address };
  }
  const read = readRawSection(section, false);
  if ("problems" in read) problems.push(...read.problems.slice(0, MOST_PROBLEMS));
  const parameters = "problems" in read ? [] : borrowable(read.parameters);
  const path = pathOf(asked, new Map(parameters).get("url"));
  if (path === undefined) problems.push("the path cannot be read from url and basepath");
  else if (unclean(path) || path.length > LONGEST_PATH) {
    problems.push(`the path holds a control character, or is longer than ${LONGEST_PATH} characters`);
  } else if (path.split("/").includes("..")) problems.push("the path has a folder ..");
  const remote = { parameters, path: path ?? "" };
  if (problems.length === 0) problems.push(...writingProblems(remote));
  return problems.length > 0 ? { problems } : { kind: "remote", remote };
}

function parse(text: string): AskedToTry | { readonly problems: readonly string[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { problems: ["it is not a JSON object"] };
  }
  const given = value as Record<string, unknown>;
  const problems: string[] = FIELDS.filter((name) => typeof given[name] !== "string")
    .map((name) => `${name} is not a text`);
  if (Object.keys(given).some((name) => !FIELDS.some((field) => field === name))) {
    problems.push(`it has other fields than ${FIELDS.join(", ")}`);
  }
  return problems.length > 0 ? { problems } : given as AskedToTry;
}

/** As a node that must not refresh tokens gets them from Redis: a trial here must not use up the leader's. */
function borrowable(parameters: Parameters): Parameters {
  return parameters.map(([key, value]) =>
    [key, isOauthToken(key, value) ? withoutRefreshToken(value) : value] as const
  );
}

function pathOf({ provider, url, basepath }: AskedToTry, root: string | undefined): string | undefined {
  try {
    return remotePath(provider, url, basepath, root);
  } catch {
    return undefined;
  }
}

function writingProblems(remote: Remote): string[] {
  try {
    renderRcloneConf(TRIAL_SECTION, remote);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

function unclean(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /[\x00-\x1f\x7f]/.test(text);
}
