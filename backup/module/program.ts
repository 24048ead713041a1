import { oneLine } from "../one_line.ts";
import { startedBy } from "../owner.ts";
import { lines } from "../restic/lines.ts";
import type { Verdict } from "../status.ts";
import { tested } from "../as_owner.ts";
import type { ModuleFolder } from "./folder.ts";

/** A module's own program, which prepares its state folder for a backup or tidies it up afterwards. */
export type ModuleProgram = "module-dump-state" | "module-cleanup-state";

export type ProgramParts = {
  readonly folder: ModuleFolder;
  /** what the module's programs find in their environment: see {@link programEnvironment} */
  readonly environment: Readonly<Record<string, string>>;
  /** its only argument: the backup's id */
  readonly backup: string;
  readonly warn: (text: string) => void;
  /** what it prints, line by line, fit for a terminal */
  readonly said: (line: string) => void;
  readonly signal?: AbortSignal;
};

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** A dump that takes longer hangs. */
const LONGEST = "24h";
/** What it has left running may hold its output open. */
const AFTERWARDS_MS = 3000;

/**
 * Takes the module's environment from standard input, once the owner's rights are all it has: LD_PRELOAD and the like would be
 * obeyed by what drops root's. By no command line either: there are secrets in it.
 */
const WITH_ENVIRONMENT = 'while IFS= read -r line; do export "$line"; done; exec "$@" </dev/null';
/** What a shell does not let itself be told. */
const SHELLS_OWN = ["BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"];

/** What is in the environment of NethServer 8's modules, beside what their own files (`own`) say. */
export function programEnvironment(
  { path }: ModuleFolder,
  module: { readonly id: string; readonly uuid: string },
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...own,
    AGENT_ID: `module/${module.id}`,
    MODULE_ID: module.id,
    MODULE_UUID: module.uuid,
    AGENT_INSTALL_DIR: path,
    AGENT_STATE_DIR: `${path}/state`,
    PATH: `${path}/bin:${own["PATH"] ?? SYSTEM_PATH}`,
  };
}

/** Runs a program of the module as the owner of its folder, in `state/`. Where there is none, or it is not executable, all is well. */
export async function runProgram(name: ModuleProgram, parts: ProgramParts): Promise<Verdict> {
  const { folder: { path, owner }, environment, backup, warn, said, signal } = parts;
  const program = `${path}/bin/${name}`;
  if (!await tested(owner, "-e", program)) return { kind: "done" };
  if (owner.uid === 0 && (await Deno.lstat(program)).uid !== 0) {
    return { kind: "failed", because: `Cannot run ${program} as root: it belongs to somebody else` };
  }
  if (!await tested(owner, "-x", program)) {
    warn(`${name} is not executable, and was left out`);
    return { kind: "done" };
  }
  signal?.throwIfAborted();
  const command = startedBy(owner, [
    "env",
    // Changed into by the owner: where a link leads to is the module's to say.
    `--chdir=${path}/state`,
    // In a group of processes of its own: who ends timeout(1) ends what the program has started, too.
    "timeout",
    "--kill-after=30",
    LONGEST,
    "sh",
    "-c",
    WITH_ENVIRONMENT,
    "sh",
    program,
    backup,
  ], { PATH: SYSTEM_PATH, HOME: owner.home, USER: owner.name, LOGNAME: owner.name });
  const child = new Deno.Command(command.program, {
    args: [...command.args],
    env: { ...command.environment },
    // This process's own holds the node's secrets.
    clearEnv: true,
    cwd: "/",
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await tell(child.stdin, environment);
  const end = (): void => {
    try {
      child.kill("SIGTERM");
    } catch { /* it has ended meanwhile */ }
  };
  signal?.addEventListener("abort", end, { once: true });
  let last = "";
  const hear = (text: string): void => {
    const line = oneLine(text);
    if (line === "") return;
    last = line;
    said(line);
  };
  const heard = Promise.all([lines(child.stdout, hear, 1 << 16), lines(child.stderr, hear, 1 << 16)]);
  const { code } = await child.status;
  await Promise.race([heard, delay(AFTERWARDS_MS)]);
  signal?.removeEventListener("abort", end);
  if (signal?.aborted) return { kind: "failed", because: `${name} was interrupted` };
  if (code === 0) return { kind: "done" };
  return {
    kind: "failed",
    because: `${name} ended with exit code ${code}${last === "" ? "" : `: ${last}`}`,
  };
}

async function tell(
  stdin: WritableStream<Uint8Array>,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = Object.entries(environment).filter(([name]) => !SHELLS_OWN.includes(name));
  const text = entries.map(([name, value]) => `${name}=${value}\n`).join("");
  try {
    await new Blob([text]).stream().pipeTo(stdin);
  } catch { /* it has ended before it listened: its exit code says why */ }
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, milliseconds)));
}
