/** The operator's command. Exit codes: 0 done, 1 it could not be done, 2 what was given is not valid. */
import { Command } from "commander";
import { askLoopbackDirectly } from "./loopback.ts";
import { backupCommand } from "./rclonegwctl/backup/command.ts";
import { destinationCommand } from "./rclonegwctl/destination/command.ts";
import { explainCommand } from "./rclonegwctl/explain.ts";
import { CommandFailed } from "./rclonegwctl/failure.ts";
import { grantCommand } from "./rclonegwctl/grant.ts";
import { identityCommand } from "./rclonegwctl/identity.ts";
import { rcloneCommand } from "./rclonegwctl/rclone.ts";
import { resticCommandOfOperator } from "./rclonegwctl/restic.ts";
import { repositoriesCommand } from "./rclonegwctl/repositories.ts";
import { restoreCommand } from "./rclonegwctl/restore.ts";
import { snapshotsCommand } from "./rclonegwctl/snapshots.ts";
import { statusCommand } from "./rclonegwctl/status.ts";
import { verifyCommand } from "./rclonegwctl/verify.ts";
import { writeConfigurationCommand } from "./rclonegwctl/write_configuration.ts";

const program = new Command("rclonegwctl")
  .description("Operates the rclone gateway: who may use it, where backups are stored, how it is.")
  .showHelpAfterError("(add --help for the ways to call it)")
  .addHelpText(
    "after",
    "\nSettings come from the environment, or from /etc/rclone-gateway/gateway.env: NODE_ID, REDIS_ADDRESS (the\n" +
      "leader's: this command writes) or REDIS_SENTINELS, REDIS_USER, REDIS_PASSWORD or REDIS_PASSWORD_FILE, HEALTH_ADDRESS.\n" +
      "Exit codes: 0 done, 1 it could not be done, 2 what was given is not valid.",
  )
  .exitOverride((error) => Deno.exit(error.exitCode === 0 ? 0 : 2));
for (
  const command of [
    identityCommand(),
    destinationCommand(),
    backupCommand(),
    grantCommand(),
    explainCommand(),
    statusCommand(),
    rcloneCommand(),
    resticCommandOfOperator(),
    repositoriesCommand(),
    snapshotsCommand(),
    restoreCommand(),
    verifyCommand(),
    writeConfigurationCommand(),
  ]
) program.addCommand(command);

// A command that was made on its own does not inherit what its parent does about errors.
(function inherit(parent: Command): void {
  for (const child of parent.commands) {
    child.copyInheritedSettings(parent);
    inherit(child);
  }
})(program);

askLoopbackDirectly();
try {
  await program.parseAsync(["deno", "rclonegwctl", ...Deno.args]);
  Deno.exit(Deno.exitCode);
} catch (error) {
  if (!(error instanceof CommandFailed)) throw error;
  console.error(error.message);
  Deno.exit(error.exitCode);
}
