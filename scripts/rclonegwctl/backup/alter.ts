import { Command } from "commander";
import { alterDefinition } from "../../../backup/save_definition.ts";
import { refuse } from "../destination/options.ts";
import { failed } from "../failure.ts";
import { note, printJson } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { checked } from "./check.ts";
import { checkId } from "./id.ts";
import { type BackupOptions, describing, requestOf } from "./options.ts";

export function alterCommand(): Command {
  return describing(
    new Command("alter")
      .description("Changes a backup. What is not given stays; modules that are gone are taken out of it.")
      .argument("<number>", 'the backup: see "rclonegwctl backup list"'),
  ).action(alter);
}

async function alter(id: string, options: BackupOptions): Promise<void> {
  checkId(id);
  const doing = `alter backup ${id}`;
  const settings = readSettings();
  const request = await requestOf(options, doing);
  if (Object.keys(request).length === 0) refuse(doing, ["nothing is given that could be changed"]);
  let gone: readonly string[] = [];
  const saved = await withRedis(settings, (redis) =>
    alterDefinition(redis, id, async (old) => {
      if (old === undefined) {
        failed(`There is no backup ${id}: see "rclonegwctl backup list". Nothing was changed.`);
      }
      const found = await checked(redis, id, request, old);
      if ("gone" in found) gone = found.gone;
      return found;
    }));
  if ("problems" in saved) refuse(doing, saved.problems);
  if (gone.length > 0) note(`Taken out of it, since there is no such module any more: ${gone.join(", ")}`);
  if (options.json) return printJson({ id: Number(id), pruned: gone });
  console.log(`Altered backup ${id}`);
}
