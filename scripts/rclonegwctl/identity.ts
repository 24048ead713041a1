import { Command } from "commander";
import { v4 } from "uuid";
import { type Identity, parseIdentity } from "../../gateway/domain/identity.ts";
import { parseUuid } from "../../gateway/domain/uuid.ts";
import { parseAclLine } from "../../gateway/redis/acl_line.ts";
import type { Redis } from "../../gateway/redis/connection.ts";
import { CHANNELS, KEYS } from "../../gateway/redis/keys.ts";
import { failed, invalid } from "./failure.ts";
import { note, printFacts, printJson, printTable } from "./output.ts";
import { digestOf, newSecret } from "./secret.ts";
import { readSettings, withRedis } from "./session.ts";

export function identityCommand(): Command {
  const command = new Command("identity").description("Who may use the gateway: nodes and modules.");
  command.command("add")
    .description("Adds a node or a module and prints its new secret, once.")
    .argument("<identity>", "node/<n> or module/<id>, such as module/dokuwiki1")
    .option("--uuid <uuid>", "the module's uuid, where its data exists already (default: a new one)")
    .option("--node <n>", "the node the module lives on (default: this one)")
    .option("--json", "print JSON")
    .action(add);
  command.command("remove")
    .description("Removes a node or a module. What it has backed up stays.")
    .argument("<identity>", "node/<n> or module/<id>")
    .action(remove);
  command.command("list").description("Lists all of them.").option("--json", "print JSON").action(list);
  return command;
}

function identityOf(name: string): Identity {
  return parseIdentity(name) ??
    invalid(
      `"${name}" is not an identity: node/<n> or module/<id>, the id ending with a number, as in module/dokuwiki1`,
    );
}

async function add(name: string, options: { uuid?: string; node?: string; json?: true }): Promise<void> {
  const identity = identityOf(name);
  const problems: string[] = [];
  if (identity.kind === "node" && options.uuid !== undefined) problems.push("--uuid is for modules only");
  if (identity.kind === "node" && options.node !== undefined) problems.push("--node is for modules only");
  if (options.uuid !== undefined && parseUuid(options.uuid) === undefined) {
    problems.push(`--uuid ${options.uuid} is not a uuid`);
  }
  if (options.node !== undefined && parseIdentity(`node/${options.node}`) === undefined) {
    problems.push(`--node ${options.node} is not a node's number`);
  }
  if (problems.length > 0) invalid(`Cannot add ${name}: ${problems.join("; ")}`);

  const settings = readSettings();
  const secret = newSecret();
  const uuid = await withRedis(settings, async (redis) => {
    await redis.watch(KEYS.acls);
    if ((await aclLines(redis, name)).length > 0) {
      failed(
        `Cannot add ${name}: it exists already. Its secret is not stored anywhere: remove it first to get a new one.`,
      );
    }
    const transaction = redis.multi()
      // As a user of Redis it may do nothing: the line is here for its digest.
      .sAdd(KEYS.acls, `user ${name} on #${digestOf(secret)} resetkeys resetchannels -@all`);
    let uuid: string | undefined;
    if (identity.kind === "module") {
      const known = await redis.hGet(KEYS.moduleUuid, identity.id) ?? undefined;
      if (known !== undefined && options.uuid !== undefined && known !== options.uuid) {
        failed(`Cannot add ${name} with --uuid ${options.uuid}: it has the uuid ${known} already`);
      }
      uuid = known ?? options.uuid ?? v4();
      transaction.hSet(KEYS.moduleUuid, identity.id, uuid)
        .hSet(KEYS.moduleNode, identity.id, options.node ?? settings.nodeId);
    }
    transaction.publish(CHANNELS.aclChanged, KEYS.acls);
    await transaction.exec();
    return uuid;
  });

  if (options.json) return printJson({ identity: name, ...(uuid === undefined ? {} : { uuid }), secret });
  printFacts([
    ["identity", name],
    ...(uuid === undefined ? [] : [["uuid", uuid] as const]),
    ["secret", secret],
  ]);
  note("The secret is not stored: this is the only time it is shown.");
}

async function remove(name: string): Promise<void> {
  const identity = identityOf(name);
  const uuid = await withRedis(readSettings(), async (redis) => {
    const lines = await aclLines(redis, name);
    const uuid = identity.kind === "module"
      ? await redis.hGet(KEYS.moduleUuid, identity.id) ?? undefined
      : undefined;
    if (lines.length === 0 && uuid === undefined) failed(`Cannot remove ${name}: there is no such identity`);
    const transaction = redis.multi();
    if (lines.length > 0) transaction.sRem(KEYS.acls, lines);
    if (identity.kind === "module") {
      transaction.hDel(KEYS.moduleUuid, identity.id).hDel(KEYS.moduleNode, identity.id);
      // The grant belongs to the uuid: it goes with the last module that has it.
      const uuids = await redis.hGetAll(KEYS.moduleUuid) as Record<string, string>;
      const shared = Object.entries(uuids).some(([id, other]) => id !== identity.id && other === uuid);
      if (uuid !== undefined && !shared) transaction.hDel(KEYS.restoreUuid, uuid);
    }
    await transaction.publish(CHANNELS.aclChanged, KEYS.acls).exec();
    return uuid;
  });
  console.log(`${name} is removed${uuid === undefined ? "" : `; its backups stay, under the uuid ${uuid}`}`);
}

async function list(options: { json?: true }): Promise<void> {
  const identities = await withRedis(readSettings(), async (redis) => {
    const [lines, uuids, nodes] = await Promise.all([
      redis.sMembers(KEYS.acls),
      redis.hGetAll(KEYS.moduleUuid) as Promise<Record<string, string>>,
      redis.hGetAll(KEYS.moduleNode) as Promise<Record<string, string>>,
    ]);
    return lines.map(parseAclLine).flatMap((parsed) => {
      const identity = parsed === undefined ? undefined : parseIdentity(parsed.name);
      if (parsed === undefined || identity === undefined) return [];
      const id = identity.kind === "module" ? identity.id : undefined;
      return [{
        identity: parsed.name,
        enabled: parsed.account.enabled,
        secrets: parsed.account.digests.length,
        ...(id === undefined ? {} : { uuid: uuids[id] ?? null, node: nodes[id] ?? null }),
      }];
    }).sort((a, b) => a.identity.localeCompare(b.identity, "en", { numeric: true }));
  });
  if (options.json) return printJson(identities);
  printTable(
    ["IDENTITY", "UUID", "NODE", "SECRETS", ""],
    identities.map(({ identity, uuid, node, secrets, enabled }) => [
      identity,
      uuid ?? "-",
      node ?? "-",
      String(secrets),
      enabled ? "" : "disabled",
    ]),
  );
}

async function aclLines(redis: Redis, name: string): Promise<string[]> {
  return (await redis.sMembers(KEYS.acls)).filter((line) => parseAclLine(line)?.name === name);
}
