import { Command } from "commander";
import { readDefinition } from "../../../backup/definitions.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import { failed } from "../failure.ts";
import { note, printJson } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { checkId } from "./id.ts";
import { watchRun } from "./watch_run.ts";
import { troubles } from "./watched.ts";

export function runCommand(): Command {
  return new Command("run")
    .description("Runs a backup now, on every node that holds modules of it, and waits for its end.")
    .argument("<number>", "the backup")
    .option("--local", "run it on this node alone")
    .option("--json", "print JSON at the end")
    .action(run);
}

async function run(id: string, { local, json }: { local?: true; json?: true }): Promise<void> {
  checkId(id);
  if (local) return await runLocally(id);
  const settings = readSettings();
  const modules = await withRedis(settings, async (redis) => {
    const definition = await readDefinition(redis, id);
    if (definition === undefined) failed(`There is no backup ${id}: see "rclonegwctl backup list"`);
    if ("problems" in definition) failed(`Cannot run backup ${id}: ${definition.problems.join("; ")}`);
    if (!definition.enabled) {
      failed(
        `Cannot run backup ${id}: it is disabled. Enable it first: rclonegwctl backup alter ${id} --enable`,
      );
    }
    const nodes = await redis.hGetAll(KEYS.moduleNode) as Record<string, string>;
    return byNode(definition.modules, nodes);
  });
  if (modules.size === 0) failed(`Cannot run backup ${id}: none of its modules is there`);
  const nodes = [...modules.keys()];
  note(`Running backup ${id} on ${nodes.length === 1 ? "node" : "nodes"} ${nodes.join(", ")}`);
  const watched = await watchRun(settings, id, modules, json ? note : (line) => console.log(line));
  const wrong = troubles(watched, modules, watched.silent);
  if (json) {
    const { runs, results } = watched;
    printJson({
      id: Number(id),
      success: wrong.length === 0,
      nodes: [...runs.values()],
      modules: results,
      troubles: wrong,
    });
  }
  if (wrong.length > 0) {
    failed([`Backup ${id} has failed:`, ...wrong.map((line) => `  - ${line}`)].join("\n"));
  }
}

/** Modules that are there, by their nodes in the order of their numbers. */
function byNode(
  modules: readonly string[],
  nodes: Readonly<Record<string, string>>,
): Map<string, readonly string[]> {
  const there = modules.filter((module) => Object.hasOwn(nodes, module));
  const grouped = Map.groupBy(there, (module) => nodes[module] ?? "");
  return new Map([...grouped].sort(([a], [b]) => Number(a) - Number(b)));
}

/** With this host's own program, to its end; its exit code is ours. */
async function runLocally(id: string): Promise<void> {
  const command = new Deno.Command("run-backup", { args: [`--backup=${id}`], stdin: "null" });
  let child: Deno.ChildProcess;
  try {
    child = command.spawn();
  } catch (error) {
    failed(
      `Cannot run backup ${id} here: run-backup cannot be started (${
        (error as Error).message
      }). Is it installed?`,
    );
  }
  const { code } = await child.status;
  if (code !== 0) Deno.exitCode = code === 2 ? 2 : 1;
}
