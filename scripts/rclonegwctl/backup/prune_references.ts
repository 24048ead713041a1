import { Command } from "commander";
import { definitionIds } from "../../../backup/definitions.ts";
import { alterDefinition } from "../../../backup/save_definition.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import { failed } from "../failure.ts";
import { printJson } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";

export function pruneReferencesCommand(): Command {
  return new Command("prune-references")
    .description("Takes modules that are gone out of all backups. What they have stored stays.")
    .option("--json", "print JSON")
    .action(pruneReferences);
}

async function pruneReferences({ json }: { json?: true }): Promise<void> {
  const pruned = await withRedis(readSettings(), async (redis) => {
    const found: { id: number; modules: string[] }[] = [];
    for (const id of await definitionIds(redis)) {
      let gone: string[] = [];
      const saved = await alterDefinition(redis, id, async (old) => {
        const nodes = await redis.hGetAll(KEYS.moduleNode) as Record<string, string>;
        // Rather nothing than everything, where the cluster's data is not there.
        if (Object.keys(nodes).length === 0) {
          failed(`Cannot tell which modules are gone: ${KEYS.moduleNode} is empty.`);
        }
        const before = old?.hash["instances"]?.split(/\s+/).filter((each) => each !== "") ?? [];
        gone = before.filter((each) => !Object.hasOwn(nodes, each));
        if (gone.length === 0) return { problems: [] };
        const stay = before.filter((each) => Object.hasOwn(nodes, each));
        return { fields: { instances: stay.join(" ") }, own: {} };
      });
      if ("id" in saved) found.push({ id: Number(id), modules: gone });
      else if (saved.problems.length > 0) {
        failed(`Cannot go on with backup ${id}: ${saved.problems.join("; ")}`);
      }
    }
    return found;
  });
  if (json) return printJson(pruned);
  for (const { id, modules } of pruned) console.log(`Taken out of backup ${id}: ${modules.join(", ")}`);
  if (pruned.length === 0) console.log("No backup names a module that is gone.");
}
