import { Command, Option } from "commander";
import type { Redis } from "../../gateway/redis/connection.ts";
import { CHANNELS, KEYS } from "../../gateway/redis/keys.ts";
import { destinationUuid } from "./destination_uuid.ts";
import { failed } from "./failure.ts";
import { note, printFacts, printJson, printTable } from "./output.ts";
import { recoveryKit } from "./recovery_kit.ts";
import { newSecret } from "./secret.ts";
import { readSettings, withRedis } from "./session.ts";

export function destinationCommand(): Command {
  const command = new Command("destination").description("Where backups are stored.");
  command.command("add")
    .description("Adds a destination and prints its restic password, once.")
    .addOption(
      new Option("--provider <provider>", "cluster: the local disk of this node, /srv/repo in its container")
        .choices(["cluster"]).default("cluster"),
    )
    .option("--name <name>", "a name for people (default: made from the node)")
    .option("--json", "print JSON")
    .action(add);
  command.command("list").description("Lists all of them.").option("--json", "print JSON").action(list);
  command.command("recovery-kit")
    .description("Prints everything needed to read the backups with restic alone, when this cluster is lost.")
    .argument("<uuid>", "the destination")
    .option("--reveal", "yes, print the secrets: whoever has them can read every backup of this destination")
    .option("--output <file>", "write to a new file that only its owner can read, instead of printing")
    .action(recoveryKit);
  return command;
}

async function add(options: { provider: "cluster"; name?: string; json?: true }): Promise<void> {
  const settings = readSettings();
  const added = await withRedis(settings, async (redis) => {
    const address = await redis.hGet(KEYS.vpn(settings.nodeId), "ip_address") ?? "127.0.0.1";
    const facts = { provider: options.provider, url: `webdav:http://${address}:4694`, basepath: "" };
    const id = destinationUuid({ ...facts, parameters: {} });
    const name = options.name ?? `Disk of node ${settings.nodeId}`;
    await redis.watch([KEYS.rcloneConf, KEYS.repository(id)]);
    const existing = await sameDestination(redis, id, facts.url);
    if (existing !== undefined) {
      failed(
        `Cannot add the disk of node ${settings.nodeId} (${facts.url}): it is destination ${existing} already`,
      );
    }
    const password = newSecret();
    await redis.multi()
      .hSet(KEYS.rcloneConf, id, `[${id}]\ntype = local\n`)
      .hSet(KEYS.resticPassword, id, password)
      .hSet(KEYS.repository(id), { ...facts, name })
      .publish(CHANNELS.destinationChanged, JSON.stringify({ destination_ids: [id] }))
      .exec();
    return { id, name, url: facts.url, password };
  });
  if (options.json) return printJson(added);
  printFacts([
    ["destination", added.id],
    ["name", added.name],
    ["url", added.url],
    ["restic password", added.password],
  ]);
  note(
    "Keep the restic password somewhere else, too: without it nothing that is backed up can be read. " +
      "The whole recovery kit: rclonegwctl destination recovery-kit",
  );
}

/** The destination that is the same storage: a cluster that was made by NethServer 8 made its uuid in another way. */
async function sameDestination(redis: Redis, id: string, url: string): Promise<string | undefined> {
  const known = Object.keys(await redis.hGetAll(KEYS.rcloneConf));
  if (known.includes(id)) return id;
  for (const other of known) {
    const { provider, url: otherUrl } = await redis.hGetAll(KEYS.repository(other)) as Record<string, string>;
    if (provider === "cluster" && otherUrl === url) return other;
  }
  return undefined;
}

async function list(options: { json?: true }): Promise<void> {
  const destinations = await withRedis(readSettings(), async (redis) => {
    const ids = (await redis.hKeys(KEYS.rcloneConf)).sort();
    return await Promise.all(ids.map(async (id) => {
      const { name = "", provider = "", url = "", basepath = "" } = await redis.hGetAll(
        KEYS.repository(id),
      ) as Record<
        string,
        string
      >;
      return { id, name, provider, url, basepath };
    }));
  });
  if (options.json) return printJson(destinations);
  printTable(
    ["DESTINATION", "NAME", "PROVIDER", "URL"],
    destinations.map(({ id, name, provider, url }) => [id, name, provider, url]),
  );
}
