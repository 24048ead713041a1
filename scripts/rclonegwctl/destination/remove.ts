import { Command } from "commander";
import { CHANNELS, KEYS } from "../../../gateway/redis/keys.ts";
import { audit, operator } from "../audit.ts";
import { failed } from "../failure.ts";
import { note, printJson } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { type Backup, backupsTo } from "./backups.ts";
import { checkUuid, find } from "./find.ts";
import { transaction } from "./save.ts";
import { identityOf } from "./stored.ts";
import { tombstoneHash } from "./tombstone.ts";

export function removeCommand(): Command {
  return new Command("remove")
    .description(
      "Removes a destination, not what is stored there; its restic password is kept, so that it can be read again.",
    )
    .argument("<uuid>", "the destination")
    .option("--with-backups", "remove the backups that use it, too")
    .option("--json", "print JSON")
    .action(remove);
}

async function remove(id: string, options: { withBackups?: true; json?: true }): Promise<void> {
  checkUuid(id);
  const settings = readSettings();
  const removed = await withRedis(settings, async (redis) => {
    const { name, provider, url, basepath, parameters } = await find(redis, id);
    const password = await redis.hGet(KEYS.resticPassword, id);
    const backups = await backupsTo(redis, id);
    if (backups.length > 0 && !options.withBackups) {
      failed(
        `Cannot remove destination ${id}: ${
          backups.length === 1 ? "a backup uses" : `${backups.length} backups use`
        } it: ` +
          `${backups.map(shown).join(", ")}. Remove them before, or say --with-backups. Nothing was changed.`,
      );
    }
    const tombstone = {
      id,
      name,
      provider,
      url,
      basepath,
      identity: identityOf({ provider, url, basepath }, parameters),
      restic_password: password ?? "",
      removed_at: new Date().toISOString(),
      removed_by: operator(),
    };
    const ids = backups.map((backup) => backup.id);
    await transaction(redis, {
      watch: [
        KEYS.rcloneConf,
        KEYS.resticPassword,
        KEYS.repository(id),
        KEYS.backupSequence,
        ...ids.map((backup) => KEYS.backup(backup)),
      ],
      check: async () => {
        const now = (await backupsTo(redis, id)).map((backup) => backup.id);
        if (now.join() !== ids.join()) {
          failed(`Cannot remove destination ${id}: its backups are just being changed. Nothing was changed.`);
        }
      },
      fill(transaction) {
        transaction.hDel(KEYS.rcloneConf, id).hDel(KEYS.resticPassword, id).del(KEYS.repository(id));
        if (password !== null) {
          transaction.del(KEYS.tombstone(id)).hSet(KEYS.tombstone(id), tombstoneHash(tombstone));
        }
        for (const backup of ids) transaction.del([KEYS.backup(backup), KEYS.backupAdditions(backup)]);
        if (ids.length > 0) {
          transaction.publish(CHANNELS.scheduleChanged, JSON.stringify({ backup_ids: ids }));
        }
        transaction.publish(CHANNELS.destinationChanged, JSON.stringify({ destination_ids: [id] }));
      },
    });
    await audit(redis, settings.nodeId, "destination-remove", id);
    return { id, name, url, backups, readable: password !== null };
  });
  if (removed.readable) {
    note(
      "What is stored there stays, and so does its restic password: adding the same storage again takes it over, and " +
        `rclonegwctl destination recovery-kit ${id} still prints it.`,
    );
  } else note("It had no restic password that could be kept.");
  if (options.json) return printJson(removed);
  console.log(
    `Removed destination ${id} (${removed.name}, ${removed.url})` +
      (removed.backups.length > 0 ? ` and its backups ${removed.backups.map(shown).join(", ")}` : ""),
  );
}

function shown({ id, name }: Backup): string {
  return name === "" ? id : `${id} (${name})`;
}
