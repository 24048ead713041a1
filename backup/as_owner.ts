import { lines } from "./restic/lines.ts";
import { type Owner, startedBy } from "./owner.ts";

/** More than any list or environment of a module needs. */
const MOST = 1 << 20;
/** A user's first use of Podman takes some seconds; a module's file may be a pipe that nobody writes to. */
const LONGEST_MS = 60_000;
const LONGEST_READ_MS = 10_000;

/** Runs something short as a user of this host, to its end or for a minute; what it printed, 1 MiB at most. */
export async function asOwner(
  owner: Owner | undefined,
  commandLine: readonly string[],
  longestMs = LONGEST_MS,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { program, args, environment, clearEnvironment } = startedBy(owner, commandLine);
  const child = new Deno.Command(program, {
    args: [...args],
    env: { ...environment },
    clearEnv: clearEnvironment,
    cwd: "/",
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(longestMs),
  }).spawn();
  const [stdout, stderr, { code }] = await Promise.all([
    lines(child.stdout, undefined, MOST),
    lines(child.stderr, undefined, MOST),
    child.status,
  ]);
  return { code, stdout, stderr };
}

/** What test(1) says of a path: `-e` it is there, `-x` it can be run. */
export async function tested(owner: Owner, test: "-e" | "-x", path: string): Promise<boolean> {
  const { code, stderr } = await asOwner(owner, ["env", "test", test, path]);
  if (code > 1) {
    throw new Error(`Cannot look at ${path} as ${owner.name}: ${stderr.trim() || `exit code ${code}`}`);
  }
  return code === 0;
}

/**
 * A file of a module's, read as its owner: where it leads to is the module's to say. Undefined where it is not there. Throws where
 * the owner cannot read it, or where it is larger than 1 MiB.
 */
export async function readAsOwner(owner: Owner, path: string): Promise<string | undefined> {
  if (!await tested(owner, "-e", path)) return undefined;
  const { code, stdout, stderr } = await asOwner(
    owner,
    ["env", "head", `--bytes=${MOST}`, path],
    LONGEST_READ_MS,
  );
  if (code !== 0) {
    throw new Error(
      `Cannot read ${path} as ${owner.name}: ${stderr.trim() || `no end within ${LONGEST_READ_MS} ms`}`,
    );
  }
  if (new TextEncoder().encode(stdout).length >= MOST) {
    throw new Error(`Cannot read ${path}: it is larger than ${MOST} bytes`);
  }
  return stdout;
}
