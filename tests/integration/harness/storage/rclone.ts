import { renderRcloneConf } from "../../../../gateway/render/rclone_conf.ts";
import { type Ended, IMAGES, LABEL, makeFolder, run, uniqueName } from "../podman.ts";
import type { Place } from "./place.ts";

const REMOTE = "storage";
/** Where `folder` is mounted. */
export const HERE = "/here";

/** A path below a place, as an argument of rclone. */
export function at(place: Place, below = ""): string {
  return `${REMOTE}:${place.path}${below === "" ? "" : `/${below}`}`;
}

/**
 * A real rclone on a place, in a container: one try and short timeouts, unless `args` say otherwise. The configuration goes
 * by a file; `folder` is a folder of this host.
 */
export async function rclone(
  place: Place,
  args: readonly string[],
  options: { folder?: string; timeoutMs?: number } = {},
): Promise<Ended> {
  using folder = makeFolder();
  await Deno.writeTextFile(`${folder.path}/rclone.conf`, await configuration(place), { mode: 0o600 });
  return await inContainer([
    `--volume=${folder.path}:/config`,
    ...options.folder === undefined ? [] : [`--volume=${options.folder}:${HERE}`],
  ], [
    "--config=/config/rclone.conf",
    "--retries=1",
    "--low-level-retries=1",
    "--contimeout=5s",
    "--timeout=20s",
    ...args,
  ], options);
}

/** The same, and it has to end with exit code 0. Returns standard output. */
export async function rcloneOk(...parameters: Parameters<typeof rclone>): Promise<string> {
  const ended = await rclone(...parameters);
  if (ended.code !== 0) {
    throw new Error(`rclone ${parameters[1].join(" ")} ended with ${ended.code}:\n${ended.stderr}`);
  }
  return ended.stdout;
}

/** The place's section of rclone.conf, its passwords obscured. */
export async function configuration(place: Place): Promise<string> {
  const parameters: [string, string][] = [];
  for (const [key, value] of place.parameters) {
    parameters.push([key, place.obscured.includes(key) ? await obscure(value) : value]);
  }
  return renderRcloneConf(REMOTE, { parameters, path: place.path });
}

const obscured = new Map<string, string>();

/** Done by rclone itself, once for each password. */
async function obscure(password: string): Promise<string> {
  const known = obscured.get(password);
  if (known !== undefined) return known;
  const { code, stdout, stderr } = await inContainer(["--interactive"], ["obscure", "-"], {
    input: password,
  });
  if (code !== 0) throw new Error(`Cannot obscure a password: ${stderr}`);
  obscured.set(password, stdout.trim());
  return stdout.trim();
}

async function inContainer(
  podmanArgs: readonly string[],
  args: readonly string[],
  options: { input?: string; timeoutMs?: number },
): Promise<Ended> {
  const name = uniqueName("rclone");
  return await run(
    "podman",
    [
      "run",
      "--rm",
      "--name",
      name,
      "--label",
      LABEL,
      "--network=host",
      ...podmanArgs,
      IMAGES.storages,
      "rclone",
      ...args,
    ],
    {
      ...options.input === undefined ? {} : { input: options.input },
      timeoutMs: options.timeoutMs ?? 60_000,
    },
  ).finally(() => run("podman", ["rm", "--ignore", "--force", "--time", "0", name]));
}
