import { SETTINGS } from "./gateway.ts";
import type { Ended } from "./podman.ts";
import { REDIS_USERS } from "./redis.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** The operator's command from the sources, running, so that it can be interrupted. */
export function spawnCtl(args: readonly string[], env: Readonly<Record<string, string>>): {
  kill(signal: Deno.Signal): void;
  readonly ended: Promise<Ended>;
} {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      `--config=${ROOT}deno.json`,
      "-P=rclonegwctl",
      `${ROOT}scripts/rclonegwctl.ts`,
      ...args,
    ],
    env: {
      ...SETTINGS,
      REDIS_USER: REDIS_USERS.operator.user,
      REDIS_PASSWORD: REDIS_USERS.operator.password,
      AUTHZ_REDIS_USER: "",
      AUTHZ_REDIS_PASSWORD: "",
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return {
    kill: (signal) => child.kill(signal),
    ended: child.output().then(({ code, stdout, stderr }) => ({
      code,
      stdout: new TextDecoder().decode(stdout),
      stderr: new TextDecoder().decode(stderr),
    })),
  };
}
