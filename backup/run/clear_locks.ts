import { tryLock } from "../lock.ts";
import { unlock } from "../locks/unlock.ts";
import { aliveElsewhere } from "./alive.ts";
import type { Run } from "./run.ts";
import type { Subject } from "./subject.ts";

/**
 * Removes the locks that nobody holds any more. The module's own lock is held meanwhile, so that no backup of it begins on this
 * node; where it cannot be had, or the leader does not say, somebody may be at work. The caller holds this host's lock of the
 * repository.
 */
export async function clearLocks(
  { lockFolder, leader }: Run,
  { module, name, worker, asked }: Subject,
): ReturnType<typeof unlock> {
  using own = await tryLock(lockFolder, `${module}.lock`);
  const alive = own === undefined || await aliveElsewhere(leader, name, worker).catch(() => true);
  return await unlock({ ...asked, alive });
}
