import { DESTINATION, repositoryUrl, type TestIdentity } from "./cluster.ts";
import { GATEWAY } from "./gateway.ts";
import { type Ended, IMAGES, LABEL, OWN_NETWORK, run, uniqueName } from "./podman.ts";

export type ResticVersion = "0.14" | "0.18" | "0.19";
export const RESTIC_VERSIONS: readonly ResticVersion[] = ["0.14", "0.18", "0.19"];

/**
 * A real restic against the gateway, with somebody's credentials, in a container. Credentials and password go by
 * environment; `folders` (host path → path inside) are mounted.
 */
export async function restic(args: readonly string[], options: {
  as: TestIdentity;
  repositoryOf?: TestIdentity;
  destination?: string;
  version?: ResticVersion;
  folders?: Readonly<Record<string, string>>;
  password?: string;
  timeoutMs?: number;
  network?: string;
  /** instead of `http://127.0.0.1:4694` */
  server?: string;
  signal?: AbortSignal;
}): Promise<Ended> {
  const { as } = options;
  const url = repositoryUrl(options.repositoryOf ?? as, options.destination ?? DESTINATION)
    .replace(GATEWAY, options.server ?? GATEWAY);
  const name = uniqueName("restic");
  return await run("podman", [
    "run",
    "--rm",
    "--name",
    name,
    "--label",
    LABEL,
    `--network=${options.network ?? OWN_NETWORK}`,
    "--env=RESTIC_REPOSITORY",
    "--env=RESTIC_PASSWORD",
    ...Object.entries(options.folders ?? {}).map(([host, inside]) => `--volume=${host}:${inside}`),
    IMAGES.resticVersions,
    `restic-${options.version ?? "0.18"}`,
    "--no-cache",
    ...args,
  ], {
    env: {
      RESTIC_REPOSITORY: `rest:${url.replace("//", `//${encodeURIComponent(as.name)}:${as.secret}@`)}`,
      RESTIC_PASSWORD: options.password ?? "restic-password-Lm7",
    },
    timeoutMs: options.timeoutMs ?? 300_000,
    ...options.signal === undefined ? {} : { signal: options.signal },
  }).finally(() => run("podman", ["rm", "--ignore", "--force", "--time", "0", name]));
}

/** The same, and it has to end with exit code 0. */
export async function resticOk(...parameters: Parameters<typeof restic>): Promise<string> {
  const ended = await restic(...parameters);
  if (ended.code !== 0) {
    throw new Error(
      `restic ${parameters[0].join(" ")} ended with ${ended.code}:\n${ended.stdout}\n${ended.stderr}`,
    );
  }
  return ended.stdout + ended.stderr;
}
