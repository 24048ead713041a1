import { WatchError } from "@redis/client";
import { renderRcloneConf } from "../../../gateway/render/rclone_conf.ts";
import type { Redis } from "../../../gateway/redis/connection.ts";
import { CHANNELS, KEYS } from "../../../gateway/redis/keys.ts";
import { failed } from "../failure.ts";
import type { Parameters } from "../../../gateway/rclone/section_policy.ts";
import type { PublicFacts } from "./stored.ts";

/** A destination to be stored. */
export type Saving = PublicFacts & {
  readonly id: string;
  readonly parameters: Parameters;
  /** undefined leaves the one that is there */
  readonly password: string | undefined;
};

/** The section as it is stored: named after the destination. */
export function sectionOf(id: string, parameters: Parameters): string {
  return renderRcloneConf(id, { parameters, path: "" });
}

/** What the names of a transaction's keys are: they are watched while one is prepared. */
export type Transaction = ReturnType<Redis["multi"]>;

/**
 * Stores destinations in one transaction, with one event. `check` looks at what is there while nobody can change it
 * unseen, and ends the command where it is against it; `also` adds to the transaction.
 */
export async function save(
  redis: Redis,
  destinations: readonly Saving[],
  options: {
    check: () => Promise<void>;
    also?: (transaction: Transaction) => void;
    watch?: readonly string[];
  },
): Promise<void> {
  await transaction(redis, {
    watch: [
      KEYS.rcloneConf,
      KEYS.resticPassword,
      ...destinations.map(({ id }) => KEYS.repository(id)),
      ...options.watch ?? [],
    ],
    check: options.check,
    fill(transaction) {
      for (const { id, parameters, password, name, provider, url, basepath } of destinations) {
        transaction.hSet(KEYS.rcloneConf, id, sectionOf(id, parameters));
        if (password !== undefined) transaction.hSet(KEYS.resticPassword, id, password);
        transaction.hSet(KEYS.repository(id), { name, provider, url, basepath });
      }
      options.also?.(transaction);
      transaction.publish(
        CHANNELS.destinationChanged,
        JSON.stringify({ destination_ids: destinations.map(({ id }) => id) }),
      );
    },
  });
}

/** One transaction that does nothing where what it has looked at changes meanwhile. */
export async function transaction(
  redis: Redis,
  options: { watch: readonly string[]; check: () => Promise<void>; fill: (transaction: Transaction) => void },
): Promise<void> {
  await redis.watch([...new Set(options.watch)]);
  await options.check();
  const transaction = redis.multi();
  options.fill(transaction);
  try {
    await transaction.exec();
  } catch (error) {
    if (!(error instanceof WatchError)) throw error;
    failed("Somebody else has changed the destinations meanwhile. Nothing was changed: run it again.");
  }
}
