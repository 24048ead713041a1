import type { Remote } from "../domain/destination.ts";
import { renderRcloneConf } from "../render/rclone_conf.ts";
import { type AloneEnded, rcloneAlone } from "./alone.ts";
import { privateFolder } from "./private_folder.ts";

export type TrialStep = "read the configuration" | "list" | "write" | "delete";

export type Trial =
  /** the configuration as rclone left it: it may have got a new token, or the server's keys */
  | { readonly kind: "worked"; readonly rcloneConf: string }
  /** which step failed first, what rclone said about it (secrets included!), and what was left behind */
  | {
    readonly kind: "failed";
    readonly step: TrialStep;
    readonly said: string;
    readonly left: string | undefined;
  };

/** For each step. A storage that takes longer for nothing is of no use for a backup. */
const STEP_MS = 30_000;

const PATIENCE = [
  "--contimeout=10s",
  "--timeout=20s",
  "--retries=1",
  "--low-level-retries=2",
  "--retries-sleep=100ms",
  "--log-level=NOTICE",
  "--stats=0",
];

/**
 * Tries a remote as a gateway will use it: lists its folder, writes an object there, deletes it. Each step is an
 * rclone of its own that has nothing within reach but this remote's section, and ends within `stepMs`. `folder` is for the
 * temporary one.
 */
export async function tryRemote(
  section: string,
  remote: Remote,
  options: { stepMs?: number; folder?: string } = {},
): Promise<Trial> {
  using folder = privateFolder(options.folder);
  const rcloneConf = `${folder.path}/rclone.conf`;
  await Deno.writeTextFile(rcloneConf, renderRcloneConf(section, remote), { createNew: true, mode: 0o600 });
  const step = (args: readonly string[], input?: string): Promise<AloneEnded> =>
    rcloneAlone(folder.path, [...args, ...PATIENCE, ...pinned(remote)], {
      withinMs: options.stepMs ?? STEP_MS,
      ...input === undefined ? {} : { input },
    });
  const failed = (step: TrialStep, ended: AloneEnded, left?: string): Trial => ({
    kind: "failed",
    step,
    said: ended.code === undefined
      ? `no answer within ${(options.stepMs ?? STEP_MS) / 1000} seconds. ${ended.stderr}`
      : ended.stderr,
    left,
  });
  const top = `${section}:${remote.path}`;
  const name = `rclone-gateway-trial-${crypto.randomUUID()}`;
  const object = `${top}${/[^/]$/.test(remote.path) ? "/" : ""}${name}`;

  const read = await step(["config", "dump"]);
  if (!sameParameters(read.stdout, section, remote)) return failed("read the configuration", read);
  const listed = await step(["lsf", "--max-depth=1", top]);
  if (listed.code !== 0) return failed("list", listed);
  const written = await step(
    ["rcat", object],
    `A trial of the rclone gateway. It may be removed.\n${name}\n`,
  );
  if (written.code !== 0) {
    // Something may be there all the same. What comes of this does not matter any more.
    await step(["deletefile", object]);
    return failed("write", written);
  }
  const deleted = await step(["deletefile", object]);
  if (deleted.code !== 0) return failed("delete", deleted, name);
  return { kind: "worked", rcloneConf: await Deno.readTextFile(rcloneConf) };
}

/** The keys of a server that nobody has told are those that it shows now, from here on. */
function pinned({ parameters }: Remote): string[] {
  const given = new Map(parameters);
  const unknown = given.get("type") === "sftp" && !given.get("host_keys") && !given.get("known_hosts_file") &&
    !given.get("ssh");
  return unknown ? ["--sftp-pin-host-key"] : [];
}

/** Whether rclone reads what was meant: what has been judged is what will be used. */
function sameParameters(dump: string, section: string, { parameters }: Remote): boolean {
  try {
    const read = (JSON.parse(dump) as Record<string, Record<string, string>>)[section] ?? {};
    return Object.keys(read).length === parameters.length &&
      parameters.every(([key, value]) => Object.hasOwn(read, key) && read[key] === value);
  } catch {
    return false;
  }
}
