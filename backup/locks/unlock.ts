import type { Access } from "../restic/access.ts";
import { because } from "../restic/because.ts";
import { list } from "../restic/list.ts";
import { restic, runHost } from "../restic/restic.ts";
import { removing } from "../retention/retain.ts";
import type { Verdict } from "../status.ts";
import { isDead, type Lock, parseLock } from "./lock.ts";
import { askForLock } from "./stored_lock.ts";

/** To look at one takes a second, and an application can make 256. What is left over, the next run looks at, or restic finds stale. */
const MOST_TO_LOOK_AT = 32;

type Unlocking = {
  /** a node's */
  readonly access: Access;
  readonly cache: string;
  /** whether a run of this module is alive: on this host in another process, or on another node */
  readonly alive: boolean;
  readonly signal?: AbortSignal;
};

/**
 * Removes the locks of who has died, when no run of the module is alive anywhere. restic's own `unlock` removes those that are older
 * than thirty minutes (and would remove those of this machine's dead processes, but each container's processes have the same numbers
 * again). The rest is looked at, one by one: see {@link isDead}. What cannot be read as a lock keeps restic from locking for good,
 * and is removed, too. The caller holds this host's lock of the repository.
 */
export async function unlock(parts: Unlocking): Promise<{
  verdict: Verdict;
  /** the age of the oldest lock that is left, in seconds; 0 without any */
  oldestLock: number;
}> {
  const { access, cache, alive, signal } = parts;
  const call = { access, cache, ...(signal === undefined ? {} : { signal }) };
  const problems: string[] = [];
  if (!alive) {
    // By its name, so that a container which a killed run has left behind, and which may still be removing, has ended before its
    // lock goes. Not with --pid=host: restic sends a signal to the process that a lock names, whoever wrote it.
    const ended = await restic({ ...call, name: removing(cache), args: ["unlock"] });
    if (ended.code !== 0) return failed([because("remove stale locks", ended)], 0);
  }
  const ids = await list(call, "locks");
  if ("because" in ids) return failed([ids.because], 0);
  const left: Lock[] = [];
  const now = Date.now() / 1000;
  for (const id of [...ids].slice(0, MOST_TO_LOOK_AT)) {
    try {
      const lock = await look(call, id);
      if (lock === "gone") continue;
      if (alive || (lock !== "unreadable" && !isDead(lock, runHost(), now))) {
        if (lock !== "unreadable") left.push(lock);
        continue;
      }
      const status = await askForLock("DELETE", id, access, signal);
      if (status !== 200 && status !== 404) throw new Error(`the gateway answered ${status}`);
    } catch (error) {
      signal?.throwIfAborted();
      problems.push(
        `Cannot remove lock ${id.slice(0, 8)}: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  const oldest = Math.max(0, ...left.map(({ time }) => Math.floor(now - time)));
  return problems.length > 0 ? failed(problems, oldest) : { verdict: { kind: "done" }, oldestLock: oldest };
}

/** What a lock says; twice where it cannot be read, since it may just be on its way to the storage. */
async function look(
  call: Pick<Unlocking, "access" | "cache" | "signal">,
  id: string,
): Promise<Lock | "gone" | "unreadable"> {
  for (const _ of [1, 2]) {
    const { code, stdout } = await restic({ ...call, args: ["cat", "lock", id, "--no-lock"] });
    const lock = code === 0 ? parseLock(stdout) : undefined;
    if (lock !== undefined) return lock;
  }
  const status = await askForLock("HEAD", id, call.access, call.signal);
  if (status === 404) return "gone";
  // Whoever cannot be asked for it has not said that it is no lock.
  if (status !== 200) throw new Error(`the gateway answered ${status}`);
  return "unreadable";
}

function failed(problems: readonly string[], oldestLock: number): { verdict: Verdict; oldestLock: number } {
  return { verdict: { kind: "failed", because: problems.join("; ") }, oldestLock };
}
