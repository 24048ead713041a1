import { Command } from "commander";
import { addCommand } from "./add.ts";
import { alterCommand } from "./alter.ts";
import { importCommand } from "./import.ts";
import { listCommand } from "./list.ts";
import { recoveryKit } from "./recovery_kit.ts";
import { removeCommand } from "./remove.ts";
import { showCommand } from "./show.ts";
import { validateCommand } from "./validate.ts";

export function destinationCommand(): Command {
  const command = new Command("destination").description("Where backups are stored.");
  for (
    const verb of [
      addCommand(),
      alterCommand(),
      removeCommand(),
      listCommand(),
      showCommand(),
      validateCommand(),
      importCommand(),
    ]
  ) command.addCommand(verb);
  command.command("recovery-kit")
    .description("Prints everything needed to read the backups with restic alone, when this cluster is lost.")
    .argument("<uuid>", "the destination; one that was removed, too")
    .option("--reveal", "yes, print the secrets: whoever has them can read every backup of this destination")
    .option("--output <file>", "write to a new file that only its owner can read, instead of printing")
    .action(recoveryKit);
  return command;
}
