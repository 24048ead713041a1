import { Command } from "commander";
import { release } from "../../../backup/retention/facts.ts";
import { oneLine } from "../../../gateway/domain/node_trial.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import { keysLike } from "../destination/tombstone.ts";
import { failed } from "../failure.ts";
import { findModule } from "../module.ts";
import { printJson } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";

export function releaseCommand(): Command {
  return new Command("release")
    .description(
      "Says that a module's backups are as they should be, where retention or prune is held because they looked wrong.",
    )
    .argument("<module>", "module/<id>, <id> or its uuid")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nLook first: rclonegwctl snapshots --module <module>, and at the application. The next run goes on, and may forget what the " +
        "policy does not keep.",
    )
    .action(releaseModule);
}

async function releaseModule(module: string, { json }: { json?: true }): Promise<void> {
  const released = await withRedis(readSettings(), async (redis) => {
    const { uuid } = await findModule(redis, module);
    const prefix = KEYS.repositoryFacts("");
    const found: { repository: string; held: string }[] = [];
    for (const key of await keysLike(redis, KEYS.repositoryFacts(`*/${uuid}`))) {
      const held = await redis.hGet(key, "held") ?? "";
      if (held === "") continue;
      await redis.hSet(key, release(Date.now() / 1000));
      found.push({ repository: key.slice(prefix.length), held: oneLine(held) });
    }
    return found;
  });
  if (json) return printJson(released);
  if (released.length === 0) failed(`Nothing of ${module} is held.`);
  for (const { repository, held } of released) {
    console.log(`${repository} goes on with the next run. It was held: ${held}`);
  }
}
