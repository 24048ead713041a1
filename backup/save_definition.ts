import { WatchError } from "@redis/client";
import type { Redis } from "../gateway/redis/connection.ts";
import { CHANNELS, KEYS } from "../gateway/redis/keys.ts";

/** What is to be stored of a definition: fields of its hashes. */
export type Saving = {
  /** of `cluster/backup/<id>`; what is not named stays as it is */
  readonly fields: Readonly<Record<string, string>>;
  /** of `private/nodes/gateway/backup/<id>`; an empty text takes a field away */
  readonly own: Readonly<Record<string, string>>;
};

/** Stored under this id; or nothing was changed, and why. */
export type Saved = { readonly id: string } | { readonly problems: readonly string[] };

/** Others write, too, and what was looked at is looked at again then. */
const ATTEMPTS = 10;
/** How many numbers are passed over that are in use although the sequence is behind them. */
const MOST_SKIPPED = 1000;

/** What a definition leans on: while it is checked, nobody changes it unseen. */
const LEANS_ON = [KEYS.moduleNode, KEYS.rcloneConf, KEYS.backupSequence];

/**
 * Stores a new definition, under the next number of `cluster/backup_sequence`, in one transaction with its event. `wanted` looks at
 * what is there and says what to store under that number, or what is wrong.
 */
export async function addDefinition(
  redis: Redis,
  wanted: (id: string) => Promise<Saving | { readonly problems: readonly string[] }>,
): Promise<Saved> {
  return await attempts(redis, async () => {
    await redis.watch(LEANS_ON);
    const last = Number(await redis.get(KEYS.backupSequence) ?? 0);
    let next = last + 1;
    while (await redis.exists(KEYS.backup(String(next))) > 0 && next - last < MOST_SKIPPED) next++;
    const id = String(next);
    await redis.watch(KEYS.backup(id));
    const saving = await wanted(id);
    if ("problems" in saving) return saving;
    const transaction = redis.multi();
    for (let number = last; number < next; number++) transaction.incr(KEYS.backupSequence);
    // What one of this number has left behind is not its own.
    transaction.del([KEYS.backup(id), KEYS.backupAdditions(id)]);
    return await executed(fill(transaction, id, saving), id);
  });
}

/** Changes a definition in one transaction with its event. `wanted` gets what is stored: undefined where there is none of this id. */
export async function alterDefinition(
  redis: Redis,
  id: string,
  wanted: (
    old: { hash: Record<string, string>; own: Record<string, string> } | undefined,
  ) => Promise<Saving | { readonly problems: readonly string[] }>,
): Promise<Saved> {
  return await attempts(redis, async () => {
    await redis.watch([...LEANS_ON, KEYS.backup(id), KEYS.backupAdditions(id)]);
    const hash = await redis.hGetAll(KEYS.backup(id)) as Record<string, string>;
    const own = await redis.hGetAll(KEYS.backupAdditions(id)) as Record<string, string>;
    const saving = await wanted(Object.keys(hash).length === 0 ? undefined : { hash, own });
    if ("problems" in saving) return saving;
    return await executed(fill(redis.multi(), id, saving), id);
  });
}

/** Removes a definition and what nodes have said of it, with its event; false where there was none: nothing was changed. */
export async function removeDefinition(redis: Redis, id: string): Promise<boolean> {
  if (await redis.exists(KEYS.backup(id)) === 0) return false;
  const statuses: string[] = [];
  for await (const keys of redis.scanIterator({ MATCH: KEYS.backupStatus("*", id), COUNT: 1000 })) {
    statuses.push(...keys);
  }
  await redis.multi()
    .del([KEYS.backup(id), KEYS.backupAdditions(id), ...statuses])
    .publish(CHANNELS.scheduleChanged, JSON.stringify({ backup_ids: [id] }))
    .exec();
  return true;
}

type Transaction = ReturnType<Redis["multi"]>;

function fill(transaction: Transaction, id: string, { fields, own }: Saving): Transaction {
  if (Object.keys(fields).length > 0) transaction.hSet(KEYS.backup(id), { ...fields });
  for (const [field, value] of Object.entries(own)) {
    if (value === "") transaction.hDel(KEYS.backupAdditions(id), field);
    else transaction.hSet(KEYS.backupAdditions(id), field, value);
  }
  return transaction.publish(CHANNELS.scheduleChanged, JSON.stringify({ backup_ids: [id] }));
}

async function executed(transaction: Transaction, id: string): Promise<Saved> {
  await transaction.exec();
  return { id };
}

async function attempts(redis: Redis, attempt: () => Promise<Saved>): Promise<Saved> {
  for (let count = 0; count < ATTEMPTS; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof WatchError)) throw error;
    } finally {
      await redis.unwatch();
    }
  }
  return { problems: ["others are changing backups, modules or destinations all the time: run it again"] };
}
