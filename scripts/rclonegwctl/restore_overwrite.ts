import type { Contents } from "../../backup/restore/contents.ts";
import type { RestorePlace } from "../../backup/module/restore_place.ts";
import { startedBy } from "../../backup/owner.ts";
import { failed, invalid } from "./failure.ts";

/** What every module's state has before anything is in it. */
const OWN = new Set(["environment", "agent.env"]);

/** What of the places that a restore writes to is not empty, in words. */
export async function notEmpty(place: RestorePlace, contents: Contents): Promise<string[]> {
  const found: string[] = [];
  if (contents.state && hasEntries(place.state, OWN)) found.push(`${place.state} is not empty`);
  for (const name of contents.volumes) {
    const volume = place.volume(name);
    const folder = await mountpoint(place, volume);
    if (folder !== undefined && hasEntries(folder)) found.push(`the volume ${volume} is not empty`);
  }
  return found;
}

/** The same of a folder of the host's. */
export function folderNotEmpty(folder: string): string[] {
  return hasEntries(folder) ? [`${folder} is not empty`] : [];
}

/** Asks on a terminal whether to write over that; without one, `yes` has to say so. */
export function askToOverwrite(found: readonly string[], yes: boolean): void {
  if (found.length === 0 || yes) return;
  const what = found.join("; ");
  if (!Deno.stdin.isTerminal() || !Deno.stderr.isTerminal()) {
    invalid(
      `Cannot restore: ${what}. Files of the same name would be written over: add --yes if that is wanted`,
    );
  }
  if (!confirm(`${what}. Files of the same name are written over, others stay. Restore?`)) {
    failed("Nothing was restored.");
  }
}

function hasEntries(folder: string, except: ReadonlySet<string> = new Set()): boolean {
  try {
    for (const { name } of Deno.readDirSync(folder)) if (!except.has(name)) return true;
    return false;
  } catch (error) {
    // What cannot be looked into may hold anything.
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** Where a volume's files are; undefined where there is no such volume yet. */
async function mountpoint({ owner }: RestorePlace, volume: string): Promise<string | undefined> {
  const { program, args, environment, clearEnvironment } = startedBy(owner, [
    "podman",
    "volume",
    "ls",
    `--filter=name=^${volume.replaceAll(".", "\\.")}$`,
    "--format={{.Mountpoint}}",
  ]);
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: { ...environment },
    clearEnv: clearEnvironment,
    cwd: "/",
    signal: AbortSignal.timeout(60_000),
  }).output();
  if (!success) failed(`Cannot restore: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout).trim() || undefined;
}
