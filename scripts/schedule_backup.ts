/** Runs backups by their schedules: with timers of systemd's, or in the foreground. Exit codes: 0 done, 1 not, 2 not valid. */
import { Command } from "commander";
import { hearSchedules } from "./schedule_backup/hear.ts";
import { CommandFailed } from "./rclonegwctl/failure.ts";
import { listTimers, startTimers, stopTimers } from "./schedule_backup/timers.ts";

const program = new Command("schedule-backup")
  .description("Runs this cluster's backups by their schedules, on this node.")
  .showHelpAfterError("(add --help for the ways to call it)")
  .addHelpText(
    "after",
    "\nSettings come from the environment, or from /etc/rclone-gateway/gateway.env, as those of rclonegwctl do. What is read is\n" +
      "this node's Redis: REDIS_REPLICA_ADDRESS, REDIS_USER, REDIS_PASSWORD. BACKUP_SOCKET: where the gateway asks this host.",
  )
  .exitOverride((error) => Deno.exit(error.exitCode === 0 ? 0 : 2));
program.command("start-timers")
  .description("Makes the timers of systemd what Redis wants them to be, once.")
  .action(startTimers);
program.command("stop-timers").description("Stops all of them.").action(stopTimers);
program.command("list-timers")
  .description("Lists them, with when they fire.")
  .option("--json", "print JSON")
  .action(listTimers);
program.command("follow")
  .description("Keeps them so, and starts backups when the gateway asks: what backup-timers.service runs.")
  .action(() => hearSchedules("systemd"));
program.command("run")
  .description("The same without systemd: runs the backups from this very process, until it is ended.")
  .action(() => hearSchedules("foreground"));
for (const command of program.commands) command.copyInheritedSettings(program);

try {
  await program.parseAsync(["deno", "schedule-backup", ...Deno.args]);
} catch (error) {
  if (!(error instanceof CommandFailed)) throw error;
  console.error(error.message);
  Deno.exit(error.exitCode);
}
