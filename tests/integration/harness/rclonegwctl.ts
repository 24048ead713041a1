import { type Ended, run } from "./podman.ts";
import { SETTINGS } from "./gateway.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** The operator's command, from the sources, with the permissions it has when it is installed. */
export function rclonegwctl(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
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
  ], { env: { ...SETTINGS, ...env } });
}
