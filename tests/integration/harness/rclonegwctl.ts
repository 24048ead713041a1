import { type Ended, IMAGES, run, uniqueName } from "./podman.ts";
import { environmentFile, SETTINGS } from "./gateway.ts";
import { REDIS_USERS } from "./redis.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** The environment that the operator's command runs with. */
export const OPERATOR: Readonly<Record<string, string>> = {
  ...SETTINGS,
  REDIS_USER: REDIS_USERS.operator.user,
  REDIS_PASSWORD: REDIS_USERS.operator.password,
  AUTHZ_REDIS_USER: "",
  AUTHZ_REDIS_PASSWORD: "",
};

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
      ...OPERATOR,
      ...env,
    },
    ...(input === undefined ? {} : { input }),
  });
}

/**
 * The operator's command in the image, where rclone is: as scripts/ctl runs it. `shell` is run in its place, with the
 * command as `"$@"`.
 */
export async function rclonegwctlInImage(
  args: readonly string[],
  options: {
    input?: string;
    env?: Readonly<Record<string, string>>;
    podman?: readonly string[];
    shell?: string;
  } = {},
): Promise<Ended> {
  using file = environmentFile({
    ...OPERATOR,
    USER: "somebody",
    ...options.env,
  });
  const command = [
    "deno",
    "run",
    "--quiet",
    "--no-prompt",
    "--cached-only",
    "--config=/opt/rclone-gateway/deno.json",
    "-P=rclonegwctl",
    "/opt/rclone-gateway/scripts/rclonegwctl.ts",
    ...args,
  ];
  const [entrypoint = "", ...rest] = options.shell === undefined
    ? command
    : ["sh", "-c", options.shell, "sh", ...command];
  const name = uniqueName("rclonegwctl");
  return await run("podman", [
    "run",
    "--rm",
    "--interactive",
    "--network=host",
    `--name=${name}`,
    "--label",
    `rclone-gateway-test=${Deno.env.get("RCLONE_GATEWAY_TEST_ID") ?? "by-hand"}`,
    "--env-file",
    file.path,
    ...options.podman ?? [],
    `--entrypoint=${entrypoint}`,
    IMAGES.gateway,
    ...rest,
  ], options.input === undefined ? {} : { input: options.input })
    .finally(() => run("podman", ["rm", "--ignore", "--force", "--time", "0", name]));
}
