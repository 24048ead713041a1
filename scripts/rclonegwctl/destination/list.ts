import { Command } from "commander";
import { printJson, printTable } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { readAllStored } from "./stored.ts";
import { readTombstones } from "./tombstone.ts";

export function listCommand(): Command {
  return new Command("list")
    .description("Lists all of them, without secrets.")
    .option("--removed", "those that were removed, whose restic passwords are kept")
    .option("--json", "print JSON")
    .action(list);
}

async function list(options: { removed?: true; json?: true }): Promise<void> {
  if (options.removed) return await listRemoved(options);
  const destinations = (await withRedis(readSettings(), readAllStored))
    .map(({ id, name, provider, url, basepath }) => ({ id, name, provider, url, basepath }));
  if (options.json) return printJson(destinations);
  printTable(
    ["DESTINATION", "NAME", "PROVIDER", "URL"],
    destinations.map(({ id, name, provider, url }) => [id, name, provider, url]),
  );
}

async function listRemoved({ json }: { json?: true }): Promise<void> {
  const tombstones = (await withRedis(readSettings(), readTombstones)).map((
    { id, name, provider, url, basepath, removed_at, removed_by },
  ) => ({ id, name, provider, url, basepath, removed_at, removed_by }));
  if (json) return printJson(tombstones);
  printTable(
    ["DESTINATION", "NAME", "PROVIDER", "URL", "REMOVED", "BY"],
    tombstones.map((each) => [each.id, each.name, each.provider, each.url, each.removed_at, each.removed_by]),
  );
}
