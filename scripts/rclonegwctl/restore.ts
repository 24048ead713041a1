import { Command } from "commander";
import { accessTo, repositoryName } from "../../backup/restic/access.ts";
import { awaitAccess } from "../../backup/restore/await_access.ts";
import { readContents } from "../../backup/restore/contents.ts";
import { lockFolder, tryLock } from "../../backup/lock.ts";
import {
  folderTarget,
  moduleTarget,
  restore,
  type Restored,
  type Target,
} from "../../backup/restore/restore.ts";
import type { Settings } from "../../gateway/settings.ts";
import { type AsNode, asNode, nodeAccess, resticPassword } from "./as_node.ts";
import { formatBytes, formatTime } from "./bytes.ts";
import { CommandFailed, failed, invalid } from "./failure.ts";
import { interruption } from "./interruption.ts";
import { note } from "./output.ts";
import { askToOverwrite, folderNotEmpty, notEmpty } from "./restore_overwrite.ts";
import { type Plan, planRestore, type Wanted } from "./restore_plan.ts";
import { underGrant } from "./restore_grant.ts";
import { restoreProgress } from "./restore_progress.ts";
import { readSettings } from "./session.ts";

/** How long a replica may take to hear of a grant. */
const HEARD_WITHIN_MS = 30_000;

export function restoreCommand(): Command {
  return new Command("restore")
    .description(
      "Restores a snapshot into a module of this node, or into a folder, as that module: with a restore grant where it is another's.",
    )
    .requiredOption(
      "--snapshot <id>",
      "its id (8 digits or more), or latest: the newest that a node has recorded",
    )
    .requiredOption("--module <module>", "as which module, and into which unless --target is given")
    .option("--from <source>", "whose data: a module or a uuid of the same app type (default: its own)")
    .option("--destination <uuid>", "from this destination; needed where it is on several")
    .option("--target <folder>", "all of it into this folder, instead of the module's state and volumes")
    .option("--any", "latest: the one with the latest date, also if no node has recorded it")
    .option("--verify", "read all of it again afterwards, and compare with what is stored")
    .option("--yes", "write over what is there without asking")
    .option(
      "--ttl <time>",
      "how long the grant lasts if this command dies; it is renewed while it runs",
      "15m",
    )
    .option("--json", "print JSON lines")
    .addHelpText(
      "after",
      "\nStop the application first. Its state/environment and state/agent.env stay as they are; what it has to do with its data " +
        "afterwards is its own.",
    )
    .action(run);
}

async function run(wanted: Wanted): Promise<void> {
  const settings = readSettings();
  const as = asNode(settings);
  using interrupted = interruption();
  const { signal } = interrupted;
  try {
    const plan = await planRestore(settings, as, wanted, signal);
    const target = await targetOf(as, plan, wanted, signal);
    using _lock = await locked(plan, wanted);
    const restored = await restoreAs(settings, plan, target, wanted, signal);
    signal.throwIfAborted();
    if (restored.because !== undefined) failed(`Cannot restore all of it: ${restored.because}`);
    tell(plan, restored, wanted);
  } catch (error) {
    if (signal.aborted && !(error instanceof CommandFailed)) {
      failed("Interrupted: what was restored is not complete.");
    }
    throw error;
  }
}

/** Where it goes; asks before anything is written over. */
async function targetOf(as: AsNode, plan: Plan, wanted: Wanted, signal: AbortSignal): Promise<Target> {
  const yes = wanted.yes === true;
  if (plan.snapshot.record === undefined) {
    note(
      "No node has recorded this snapshot: any application that can write there may have made it, with any date.",
    );
  }
  if (plan.snapshot.future) note(`The snapshot is dated in the future: ${formatTime(plan.snapshot.time)}.`);
  if (wanted.target !== undefined) {
    refuseOpenFolder(wanted.target);
    askToOverwrite(folderNotEmpty(wanted.target), yes);
    await Deno.mkdir(wanted.target, { recursive: true, mode: 0o700 }).catch((error) =>
      failed(`Cannot make ${wanted.target}: ${(error as Error).message}`)
    );
    return folderTarget(wanted.target);
  }
  const contents = await readContents(nodeAccess(as, plan.repository, plan.known), plan.snapshot.id, signal);
  signal.throwIfAborted();
  if ("because" in contents) failed(`Cannot restore: ${contents.because}`);
  for (const path of contents.others) {
    note(`Left out, since it is neither state nor a volume: ${JSON.stringify(path)}`);
  }
  askToOverwrite(await notEmpty(plan.place, contents), yes);
  return moduleTarget(plan.place, contents);
}

/** What is restored keeps owners and modes: a program with root's rights, where everybody could run it. */
function refuseOpenFolder(target: string): void {
  let found: Deno.FileInfo;
  try {
    found = Deno.lstatSync(target);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return; // made for root alone
    throw error;
  }
  if (found.isDirectory && found.uid === Deno.uid() && ((found.mode ?? 0) & 0o077) === 0) return;
  invalid(
    `Cannot restore to ${target}: it has to be root's own and closed to others (chmod 700), since a snapshot can hold programs ` +
      "with root's rights. Nothing was restored.",
  );
}

/** No second restore by the same module, and no backup of what is being restored. */
async function locked({ place: { module }, repository }: Plan, { target }: Wanted): Promise<Disposable> {
  const locks = new DisposableStack();
  const folder = lockFolder(Deno.env.toObject());
  const name = repositoryName(repository);
  const wanted: (readonly [file: string, busy: string])[] = [
    [`${module}.restore`, `a restore of module/${module} is running`],
    ...target === undefined ? [[module, `a backup of module/${module} is running`] as const] : [],
    // What this node's run-backup holds: it may be removing what is read.
    [name.replaceAll("/", ":"), `this node is working on the repository ${name}`],
  ];
  for (const [file, busy] of wanted) {
    const lock = await tryLock(folder, `${file}.lock`);
    if (lock === undefined) {
      locks.dispose();
      failed(`Cannot restore: ${busy}. Run this again when it is done.`);
    }
    locks.use(lock);
  }
  return locks;
}

async function restoreAs(
  settings: Settings,
  { known, place, reader, repository, snapshot, ttlMs }: Plan,
  target: Target,
  { verify, json }: Wanted,
  signal: AbortSignal,
): Promise<Restored> {
  const { gateway } = asNode(settings);
  const work = async (): Promise<Restored> => {
    const because = await awaitAccess(gateway, repository, place.credentials, HEARD_WITHIN_MS, signal);
    if (because !== undefined) failed(`Cannot restore from ${repositoryName(repository)}: ${because}`);
    return await restore({
      access: accessTo(gateway, repository, place.credentials, resticPassword(known, repository)),
      snapshot: snapshot.id,
      target,
      verify: verify === true,
      name: `rclone-gateway-restore-${place.module}`,
      onMessage: restoreProgress(json === true),
      signal,
    });
  };
  const source = repository.path.moduleUuid;
  if (source === reader) return await work();
  return await underGrant(settings, { module: place.module, reader, source, ttlMs, signal }, work);
}

function tell(
  { place, repository, snapshot }: Plan,
  { files, bytes }: Restored,
  { json, target }: Wanted,
): void {
  if (json) {
    return console.log(JSON.stringify({
      message_type: "summary",
      snapshot_id: snapshot.id,
      repository: repositoryName(repository),
      module: place.module,
      files_restored: files,
      bytes_restored: bytes,
    }));
  }
  console.log(
    `${files} files, ${formatBytes(bytes)}, of ${formatTime(snapshot.record?.seen ?? snapshot.time)} (${
      snapshot.id.slice(0, 16)
    }) are in ${target ?? `the state and the volumes of module/${place.module}`}`,
  );
}
