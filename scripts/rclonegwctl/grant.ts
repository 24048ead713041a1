import { Command } from "commander";
import { KEYS } from "../../gateway/redis/keys.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { failed, invalid } from "./failure.ts";
import { findModule } from "./module.ts";
import { printJson } from "./output.ts";
import { readSettings, withRedis } from "./session.ts";
import { printGrants, standingGrants } from "./standing_grants.ts";

export function grantCommand(): Command {
  const command = new Command("grant").description(
    "Restore grants: one module may read another's repository.",
  );
  command.command("add")
    .description(
      "Lets a module read the repository of another, of the same app type. In force at its next request.",
    )
    .argument("<reader>", "the module that will read: module/<id> or its uuid")
    .argument("<source>", "whose repository: module/<id> or a uuid, also of a module that is gone")
    .option("--ttl <time>", "how long, such as 90s, 30m, 2h, 7d (default: until it is revoked)")
    .action(add);
  command.command("list").description("Lists the grants that stand.").option("--json", "print JSON").action(
    list,
  );
  command.command("revoke")
    .description("Ends a grant. In force at the next request.")
    .argument("<reader>", "the module that reads: module/<id> or its uuid")
    .action(revoke);
  return command;
}

async function add(readerText: string, sourceText: string, options: { ttl?: string }): Promise<void> {
  const ttl = options.ttl === undefined ? undefined : parseDuration(options.ttl);
  if (options.ttl !== undefined && ttl === undefined) {
    invalid(`--ttl ${options.ttl} is not a time such as 90s, 30m, 2h or 7d`);
  }
  await withRedis(readSettings(), async (redis) => {
    const reader = await findModule(redis, readerText);
    const source = await findModule(redis, sourceText);
    if (reader.uuid === source.uuid) {
      invalid("reader and source have the same uuid: a module may read its own repository anyway");
    }
    const known = reader.appTypes.length > 0 && source.appTypes.length > 0;
    if (known && !reader.appTypes.some((type) => source.appTypes.includes(type))) {
      invalid(
        `${readerText} is of app type ${reader.appTypes.join(", ")}, ${sourceText} of ${
          source.appTypes.join(", ")
        }: ` +
          `a grant holds within one app type`,
      );
    }
    const transaction = redis.multi().hSet(KEYS.restoreUuid, reader.uuid, source.uuid);
    // Together with the value, so that a grant that was to end can never stand for good.
    if (ttl !== undefined) transaction.hpExpire(KEYS.restoreUuid, [reader.uuid], ttl);
    try {
      await transaction.exec();
    } catch (error) {
      await redis.hDel(KEYS.restoreUuid, reader.uuid);
      failed(
        `Cannot add the grant: ${
          (error as Error).message
        }. --ttl needs Redis 7.4 or newer. There is no grant now.`,
      );
    }
    console.log(
      `${reader.ids.join(", ") || reader.uuid} may read the repository of ${
        source.ids.join(", ") || source.uuid
      }` +
        (ttl === undefined ? " until it is revoked" : ` for ${formatDuration(ttl)}`),
    );
  });
}

async function list(options: { json?: true }): Promise<void> {
  const grants = await withRedis(readSettings(), standingGrants);
  if (options.json) return printJson(grants);
  printGrants(grants);
}

async function revoke(readerText: string): Promise<void> {
  await withRedis(readSettings(), async (redis) => {
    const reader = await findModule(redis, readerText);
    if (await redis.hDel(KEYS.restoreUuid, reader.uuid) === 0) {
      failed(`Cannot revoke: ${readerText} holds no grant`);
    }
    console.log(`${readerText} holds no grant any more`);
  });
}
