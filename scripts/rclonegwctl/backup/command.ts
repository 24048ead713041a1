import { Command } from "commander";
import { addCommand } from "./add.ts";
import { alterCommand } from "./alter.ts";
import { listCommand } from "./list.ts";
import { pruneReferencesCommand } from "./prune_references.ts";
import { releaseCommand } from "./release.ts";
import { removeCommand } from "./remove.ts";
import { runCommand } from "./run.ts";

export function backupCommand(): Command {
  const command = new Command("backup").description(
    "Which modules back up where to, when, and what is kept.",
  );
  for (
    const verb of [
      addCommand(),
      alterCommand(),
      removeCommand(),
      listCommand(),
      runCommand(),
      releaseCommand(),
      pruneReferencesCommand(),
    ]
  ) command.addCommand(verb);
  return command;
}
