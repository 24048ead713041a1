import { Command } from "commander";
import { oneLine } from "../../../gateway/domain/node_trial.ts";
import { note, printJson, printTable } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { because } from "./because.ts";
import { type BackupOverview, type Instance, readOverview } from "./overview.ts";

export function listCommand(): Command {
  return new Command("list")
    .description("Lists all backups, how the last run of each module went, and the modules that are in none.")
    .option("--json", "print JSON")
    .action(list);
}

async function list({ json }: { json?: true }): Promise<void> {
  const { backups, unconfigured_instances } = await withRedis(readSettings(), readOverview);
  if (json) return printJson({ backups, unconfigured_instances });
  printTable(
    ["BACKUP", "NAME", "SCHEDULE", "DESTINATION", "KEEP", "ENABLED"],
    backups.map((each) => [
      String(each.id),
      oneLine(each.name),
      oneLine(each.schedule),
      oneLine(each.repository),
      oneLine(each.keep),
      each.enabled ? "yes" : "no",
    ]),
  );
  const rows = backups.flatMap((backup) => backup.instances.map((instance) => row(backup, instance)));
  if (rows.length > 0) {
    console.log();
    printTable(["BACKUP", "MODULE", "NAME", "NODE", "LAST RUN", "RESULT", "BECAUSE"], rows);
  }
  for (const { id, problems, stale_instances } of backups) {
    if (problems.length > 0) note(`Backup ${id} is not run: ${oneLine(problems.join("; "))}`);
    if (stale_instances.length > 0) {
      note(
        `Backup ${id} names modules that are gone: ${oneLine(stale_instances.join(", "))}. ` +
          `"rclonegwctl backup prune-references" takes them out.`,
      );
    }
  }
  if (unconfigured_instances.length > 0) {
    note(`In no backup: ${unconfigured_instances.map(({ id }) => id).join(", ")}`);
  }
}

function row({ id }: BackupOverview, { module_id, ui_name, node, status }: Instance): string[] {
  return [
    String(id),
    module_id,
    oneLine(ui_name),
    node,
    timeOf(status?.end),
    status === null ? "never" : status.success ? "success" : "failure",
    status === null ? "" : because(status),
  ];
}

/** What a node has stored, which may be no time at all. */
function timeOf(seconds: unknown): string {
  const usable = typeof seconds === "number" && seconds > 0 && seconds < 1e11;
  return usable ? new Date(seconds * 1000).toISOString().replace(/\.[0-9]+Z$/, "Z") : "";
}
