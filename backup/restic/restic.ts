import { type Command, type Owner, startedBy } from "../owner.ts";
import { lines } from "./lines.ts";
import type { Access } from "./access.ts";

/** A folder or a volume of the host inside restic's container. */
export type Mount = { readonly source: string; readonly target: string; readonly readOnly?: boolean };

/** One run of restic in a container of its own. */
export type ResticCall = {
  readonly access: Access;
  /** restic's own arguments */
  readonly args: readonly string[];
  /**
   * the container's name: one that is there under it already, left behind by whoever was killed, is removed first. So a caller
   * that gives one holds a lock; and restic's own locks carry {@link runHost}.
   */
  readonly name?: string;
  /**
   * the volume that holds restic's cache, or one that ends with the container; without it there is no cache, and each folder of a
   * snapshot is a request of its own
   */
  readonly cache?: string | typeof TEMPORARY_CACHE;
  readonly mounts?: readonly Mount[];
  /** further arguments for `podman run` */
  readonly podman?: readonly string[];
  /** whose Podman runs it; this process's own user without one */
  readonly owner?: Owner;
  /** what restic prints, line by line; without it all of it is in the result */
  readonly onLine?: (line: string) => void;
  /** ends it in order (SIGINT), so that restic removes its lock */
  readonly signal?: AbortSignal;
};

/** See {@link ResticCall.cache}. */
export const TEMPORARY_CACHE = Symbol("temporary cache");

/** How it ended. restic's exit codes: {@link RESTIC_EXIT}. */
export type ResticEnded = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** restic's own exit codes since 0.17 (its manual, "Scripting"); everything else is a failure. */
export const RESTIC_EXIT = {
  done: 0,
  someSourcesUnreadable: 3,
  noRepository: 10,
  locked: 11,
  wrongPassword: 12,
  interrupted: 130,
} as const;

/** The image that has restic: `scripts/images restic`. */
export const RESTIC_IMAGE = "localhost/rclone-gateway-restic:latest";

/** The image that is used: RESTIC_IMAGE in the environment, or {@link RESTIC_IMAGE}. */
export function resticImage(): string {
  return Deno.env.get("RESTIC_IMAGE") || RESTIC_IMAGE;
}

/**
 * The host name in a container that has a name, and so in the locks that restic makes there: this host's, and only of runs that are
 * known to be alive or not. A lock with it is a dead one's when no run is alive. Linux allows 64 characters.
 */
export function runHost(): string {
  return `run-${Deno.hostname().slice(0, 60)}`;
}

/** Where the image's restic looks for its cache (Containerfile). */
const CACHE = "/tmp/restic-cache";

/** What is kept of restic's output where nobody reads it line by line: the list of some ten thousand snapshots. */
const MOST_OUTPUT = 64 << 20;
const MOST_ERRORS = 1 << 20;

/**
 * The command line of a run. Who it is and the repository's password go by Podman's environment, never on a command line. Works
 * where restic does: on the host's network, where the gateway listens on loopback.
 */
export function resticCommand(call: Omit<ResticCall, "onLine" | "signal">): Command {
  const { access, args, name, cache, mounts = [], podman = [], owner } = call;
  return startedBy(owner, [
    "podman",
    "run",
    "--rm",
    "--interactive",
    "--network=host",
    "--pull=never",
    "--security-opt=label=disable",
    // What it prints is for its caller: it names files.
    "--log-driver=none",
    ...(name === undefined ? [] : [`--name=${name}`, "--replace", `--hostname=${runHost()}`]),
    ...Object.keys(access.environment).map((name) => `--env=${name}`),
    "--workdir=/srv",
    ...(typeof cache === "string" ? [`--volume=${cache}:${CACHE}`] : []),
    ...mounts.map(({ source, target, readOnly }) => `--volume=${source}:${target}${readOnly ? ":ro" : ""}`),
    ...podman,
    resticImage(),
    ...(cache === undefined ? ["--no-cache"] : []),
    ...args,
  ], access.environment);
}

/** Runs restic to its end. */
export async function restic(call: ResticCall): Promise<ResticEnded> {
  const { owner, onLine, signal } = call;
  signal?.throwIfAborted();
  const command = resticCommand(call);
  const child = new Deno.Command(command.program, {
    args: [...command.args],
    env: { ...command.environment },
    clearEnv: command.clearEnvironment,
    // Where this process is, such as /root, another user's Podman may not be.
    ...(owner === undefined ? {} : { cwd: "/" }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const end = (): void => {
    try {
      child.kill("SIGINT");
    } catch { /* it has ended meanwhile */ }
  };
  signal?.addEventListener("abort", end, { once: true });
  try {
    const [stdout, stderr, { code }] = await Promise.all([
      lines(child.stdout, onLine, MOST_OUTPUT),
      lines(child.stderr, undefined, MOST_ERRORS),
      child.status,
    ]);
    return { code, stdout, stderr };
  } finally {
    signal?.removeEventListener("abort", end);
  }
}
