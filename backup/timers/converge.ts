import { type DefinitionReads, readDefinitions } from "../definitions.ts";
import { KEYS } from "../../gateway/redis/keys.ts";
import type { Timers } from "./systemd.ts";
import { plan } from "./timer.ts";

/** What making timers works with. */
export type ConvergeParts = {
  readonly redis: DefinitionReads & { exists(key: string): Promise<number> };
  readonly timers: Timers;
  /** removes what is left of all backups but these, and returns of which there was something */
  readonly removeOthers: (keep: readonly string[]) => Promise<readonly string[]>;
  readonly log: (message: string) => void;
};

/**
 * Makes the timers what Redis wants them to be: what is not there is made, what has changed is made anew, what is not wanted goes.
 * Returns how many it could not make or take away; why is in the log. Throws where Redis cannot be read, with nothing changed.
 */
export async function converge({ redis, timers, removeOthers, log }: ConvergeParts): Promise<number> {
  const stored = await readDefinitions(redis);
  const known = [...stored.definitions, ...stored.broken].map(({ id }) => id);
  // A replica that has not copied anything yet holds no backups either, and their timers are not to go for that.
  if (known.length === 0 && await redis.exists(KEYS.acls) === 0) {
    throw new Error(`${KEYS.acls} is empty: this node's Redis does not hold the cluster's data yet`);
  }
  for (const { id, problems } of stored.broken) {
    log(`Cannot use the definition of backup ${id}: ${problems.join("; ")}. Its timer stays as it is.`);
  }
  let failures = stored.broken.length;
  const tried = async (id: string, action: () => Promise<void>, done: string): Promise<void> => {
    try {
      await action();
      log(done);
    } catch (error) {
      failures++;
      log(`Cannot change the timer of backup ${id}: ${(error as Error).message}. It stays as it is.`);
    }
  };
  const { start, stop } = plan(stored, await timers.list());
  for (const id of stop) {
    await tried(id, () => timers.stop(id, !known.includes(id)), `timer of backup ${id} stopped`);
  }
  for (const timer of start) {
    await tried(timer.id, () => timers.start(timer), `timer started: ${timer.description}`);
  }
  for (const id of await removeOthers(known)) {
    log(`metrics of backup ${id} removed: there is no such backup any more`);
  }
  return failures;
}
