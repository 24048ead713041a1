import { Command } from "commander";
import { isPublic } from "../../../gateway/rclone/section_policy.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import { printFacts, printJson } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { backupsTo } from "./backups.ts";
import { checkUuid, find } from "./find.ts";
import { publicParameters } from "./stored.ts";

export function showCommand(): Command {
  return new Command("show")
    .description("Shows one: what is public of it, the names of its secrets, the backups that use it.")
    .argument("<uuid>", "the destination")
    .option("--json", "print JSON")
    .action(show);
}

async function show(id: string, options: { json?: true }): Promise<void> {
  checkUuid(id);
  const shown = await withRedis(readSettings(), async (redis) => {
    const destination = await find(redis, id);
    const [password, backups] = [await redis.hGet(KEYS.resticPassword, id), await backupsTo(redis, id)];
    const { name, provider, url, basepath, parameters } = destination;
    const type = new Map(parameters).get("type") ?? "";
    return {
      id,
      name,
      provider,
      url,
      basepath,
      type,
      parameters: publicParameters(destination, parameters),
      secrets: parameters.filter(([key, value]) =>
        !["", "true", "false"].includes(value) && !isPublic(type, key, value)
      ).map(([key]) => key),
      hasResticPassword: password !== null,
      backups,
    };
  });
  if (options.json) return printJson(shown);
  printFacts([
    ["destination", id],
    ["name", shown.name],
    ["provider", shown.provider],
    ["url", shown.url],
    ["base path", shown.basepath],
    ["rclone's type", shown.type],
    ...Object.entries(shown.parameters).map(([name, value]) => [name, value] as const),
    ["secrets", shown.secrets.join(", ") || "none"],
    ["restic password", shown.hasResticPassword ? "kept" : "missing"],
    ["backups", shown.backups.map((backup) => `${backup.id} ${backup.name}`.trim()).join(", ") || "none"],
  ]);
}
