import type { Credentials } from "../restic/access.ts";

/** The variables of a file such as `state/environment`: NAME=VALUE, one a line, taken literally; the last of a name counts. */
export function parseEnvironment(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([^\0]*?)\r?$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) found[name] = value;
  }
  return found;
}

/** A module's own credentials, from its `state/agent.env`; or why there are none. */
export function credentialsIn(
  environment: Readonly<Record<string, string>>,
  user: string,
): Credentials | { readonly because: string } {
  const { REDIS_USER = "", REDIS_PASSWORD = "" } = environment;
  if (REDIS_USER !== user) return { because: `its REDIS_USER is not ${user}` };
  if (REDIS_PASSWORD === "") return { because: "it has no REDIS_PASSWORD" };
  return { user, secret: REDIS_PASSWORD };
}
