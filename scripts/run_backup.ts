/**
 * Runs a backup on this node. Exit codes: 0 done, 1 at least one module's failed, 2 what was given or what Redis holds is not valid,
 * 3 this backup is running here already, 130 interrupted.
 */
import { Command } from "commander";
import { tryLock } from "../backup/lock.ts";
import { backupFolders, removeMetrics } from "../backup/metrics/files.ts";
import { couldNotRun } from "../backup/run/could_not_run.ts";
import { PatientLeader } from "../backup/run/leader.ts";
import { runBackup } from "../backup/run/run_backup.ts";
import { CommandFailed, failed, invalid } from "./rclonegwctl/failure.ts";
import { readSettings } from "./rclonegwctl/session.ts";
import { hostSettings } from "./run_backup/host_settings.ts";
import { askLoopbackDirectly } from "./loopback.ts";
import { outputFor } from "./run_backup/output.ts";
import { prepare } from "./run_backup/prepare.ts";
import { withReplica } from "./run_backup/replica.ts";

askLoopbackDirectly();
const program = new Command("run-backup")
  .description("Backs up the modules of a backup that live on this node: now, one after the other.")
  .requiredOption("--backup <id>", "the backup's number, as rclonegwctl backup list shows it")
  .option("--json", "for programs: what goes on as JSON lines; the last one is the summary")
  .addHelpText(
    "after",
    "\nExit codes: 0 done (or not enabled), 1 at least one module's backup failed, 2 what was given or what Redis holds is not\n" +
      "valid, 3 this backup is running on this node already, 130 interrupted.",
  )
  .exitOverride((error) => Deno.exit(error.exitCode === 0 ? 0 : 2))
  .action(run);

try {
  await program.parseAsync(["deno", "run-backup", ...Deno.args]);
  Deno.exit(Deno.exitCode);
} catch (error) {
  if (!(error instanceof CommandFailed)) throw error;
  console.error(error.message);
  Deno.exit(error.exitCode);
}

async function run({ backup: id, json }: { backup: string; json?: true }): Promise<void> {
  if (!/^[1-9][0-9]{0,8}$/.test(id)) {
    invalid(`Cannot run backup ${JSON.stringify(id)}: a backup's id is a number`);
  }
  const { settings, host, lock } = await begun(id);
  using _held = lock;
  if (lock === undefined) {
    // It does what is asked for here; to wait for it would mean to do all of it once more.
    console.error(`Cannot run backup ${id}: it is running on this node already`);
    Deno.exitCode = 3;
    return;
  }
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => interruption.abort(new Error("interrupted")));
  }
  const output = outputFor(json === true, Deno.stdout.isTerminal());
  try {
    await withReplica(settings, async (replica) => {
      const prepared = await prepare(replica, settings, id);
      if (prepared.kind === "not valid") {
        if (prepared.known) await couldNotRun(host.folders, id, prepared.name);
        invalid(
          `Cannot run backup ${id}; nothing was done.\n${
            prepared.problems.map((each) => `  - ${each}`).join("\n")
          }`,
        );
      }
      if (prepared.kind === "nothing to do") {
        // What was here once is not to be measured any more.
        if (prepared.forGood) await removeMetrics(host.folders, id);
        return output.nothing(id, prepared.because);
      }
      using leader = new PatientLeader(settings.redisLeader, {
        user: settings.redisUser,
        password: settings.redisPassword,
      });
      const { parts, modules } = prepared;
      const ended = await runBackup(
        { ...parts, ...host, replica, leader, tell: output.tell, signal: interruption.signal },
        modules,
      );
      output.end(parts.definition, ended);
      Deno.exitCode = ended.code;
    });
  } catch (error) {
    if (error instanceof CommandFailed && error.exitCode === 2) throw error;
    await couldNotRun(host.folders, id, undefined).catch(() => {});
    if (error instanceof CommandFailed) throw error;
    failed(`Cannot go on with backup ${id}: ${(error as Error).message}`);
  }
}

/** What a run begins with. One that cannot even begin is a bad one, whatever keeps it from that. */
async function begun(id: string) {
  try {
    const settings = readSettings();
    const host = hostSettings(Deno.env.toObject());
    if ("problems" in host) {
      invalid(
        `Cannot run backup ${id}; nothing was done.\n${
          host.problems.map((each) => `  - ${each}`).join("\n")
        }`,
      );
    }
    return { settings, host, lock: await tryLock(host.lockFolder, `backup:${id}.lock`) };
  } catch (error) {
    await couldNotRun(backupFolders(Deno.env.toObject()), id, undefined).catch(() => {});
    if (error instanceof CommandFailed) throw error;
    return failed(`Cannot run backup ${id}: ${(error as Error).message}`);
  }
}
