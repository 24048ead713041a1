import { type Ended, run } from "./podman.ts";
import { SETTINGS } from "./gateway.ts";
import { REDIS_USERS } from "./redis.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** The operator's command, from the sources, with the permissions it has when it is installed. */
export function rclonegwctl(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input?: string,
): Promise<Ended> {
  return run(Deno.execPath(), [
    "run",
    "--quiet",
    "--no-prompt",
    "--config",
    `${ROOT}deno.json`,
    "-P=rclonegwctl",
    `${ROOT}scripts/rclonegwctl.ts`,
    ...args,
  ], {
    env: {
      ...SETTINGS,
      REDIS_USER: REDIS_USERS.operator.user,
      REDIS_PASSWORD: REDIS_USERS.operator.password,
      AUTHZ_REDIS_USER: "",
      AUTHZ_REDIS_PASSWORD: "",
      ...env,
    },
    ...(input === undefined ? {} : { input }),
  });
}
