import { Command } from "commander";
import { addDefinition } from "../../../backup/save_definition.ts";
import { refuse } from "../destination/options.ts";
import { printFacts, printJson } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { checked } from "./check.ts";
import { type BackupOptions, describing, requestOf } from "./options.ts";

export function addCommand(): Command {
  return describing(
    new Command("add")
      .description("Defines a backup: which modules, where to, when, and what is kept.")
      .option("--destination <uuid>", 'where to: see "rclonegwctl destination list"'),
  ).action(add);
}

async function add(options: BackupOptions): Promise<void> {
  const doing = "add this backup";
  const settings = readSettings();
  const request = await requestOf(options, doing);
  let fields: Readonly<Record<string, string>> = {};
  const saved = await withRedis(settings, (redis) =>
    addDefinition(redis, async (id) => {
      const found = await checked(redis, id, request, undefined);
      if ("fields" in found) fields = found.fields;
      return found;
    }));
  if ("problems" in saved) refuse(doing, saved.problems);
  if (options.json) return printJson({ id: Number(saved.id), name: fields["name"] });
  printFacts([["backup", saved.id], ["name", fields["name"] ?? ""], ["schedule", fields["schedule"] ?? ""]]);
}
