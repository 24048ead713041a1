import { Command } from "commander";
import { removeDefinition } from "../../../backup/save_definition.ts";
import { failed } from "../failure.ts";
import { printJson } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { checkId } from "./id.ts";

export function removeCommand(): Command {
  return new Command("remove")
    .description("Removes a backup, its timers and what was said of its runs; not what it has stored.")
    .argument("<number>", "the backup")
    .option("--json", "print JSON")
    .action(remove);
}

async function remove(id: string, { json }: { json?: true }): Promise<void> {
  checkId(id);
  if (!await withRedis(readSettings(), (redis) => removeDefinition(redis, id))) {
    failed(`There is no backup ${id}: see "rclonegwctl backup list". Nothing was changed.`);
  }
  if (json) return printJson({ id: Number(id) });
  console.log(`Removed backup ${id}. What it has stored stays.`);
}
