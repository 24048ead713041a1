import { KEYS } from "../../gateway/redis/keys.ts";
import { tryLock } from "../lock.ts";
import type { SnapshotRecord } from "../records.ts";
import type { ModuleStatus, Verdict } from "../status.ts";
import { keepAlive } from "./alive.ts";
import { clearLocks } from "./clear_locks.ts";
import { describe } from "./describe.ts";
import { keep } from "./keep.ts";
import { locksThere } from "./locks_there.ts";
import { storeManifest } from "./manifest.ts";
import { MODULE_BACKUP_EXIT, moduleBackup, type ModuleBackupEnded, type Summary } from "./module_backup.ts";
import { recordSnapshot } from "./record_snapshot.ts";
import { now, type Run } from "./run.ts";
import { snapshotStats } from "./snapshot.ts";
import { failedBecause, type Found, statusOf, step, type Steps, wellSoFar } from "./steps.ts";
import { type Subject, subjectOf } from "./subject.ts";

/**
 * A module's backup with all that follows it. Returns how it went; undefined where another run holds the module's lock, or this
 * host's one of the repository (another backup's run, which may be pruning), and nothing was done.
 */
export async function runModule(
  run: Run,
  module: string,
  before: ModuleStatus | undefined,
): Promise<ModuleStatus | undefined> {
  const { signal } = run;
  const start = now();
  const steps: Steps = {};
  const found: Found = {};
  const subject = subjectOf(run, module);
  const does = (name: Parameters<typeof step>[3], work: () => Promise<Verdict | void>): Promise<void> =>
    step(run, module, steps, name, work);

  if (subject === undefined) {
    await does("backup", () => Promise.reject(new Error(`${KEYS.moduleUuid} has no uuid for ${module}`)));
    return statusOf(steps, { start, end: now() }, before, found);
  }
  using own = await tryLock(run.lockFolder, `${subject.name.replaceAll("/", ":")}.lock`);
  if (own === undefined) return undefined;
  await using _alive = await keepAlive(run.leader, subject.name, subject.worker);
  await clearBefore(run, subject);
  const ended = await backUp(run, module).catch((error: Error) => error);
  if (!(ended instanceof Error) && ended.code === MODULE_BACKUP_EXIT.locked && !signal.aborted) {
    return undefined;
  }

  let summary: Summary | undefined;
  await does("backup", () => {
    if (ended instanceof Error) return Promise.reject(ended);
    summary = ended.summary;
    return Promise.resolve(judge(ended));
  });
  let record: SnapshotRecord | undefined;
  if (wellSoFar(steps) && summary !== undefined) {
    const { added } = summary;
    const made = summary;
    await does("stats", async () => {
      Object.assign(found, await snapshotStats(subject.asked, made.snapshot));
    });
    // What retention judges by is what the node has counted itself. Not known counts as suspiciously small.
    const { total_size: bytes = -1, total_file_count: files = -1 } = found;
    await does("record", async () => {
      const recorded = await recordSnapshot(run, subject, { ...made, bytes, files });
      record = recorded.record;
      found.snapshot = { id: record.id, time: record.seen };
      found.added = added;
      return recorded.verdict;
    });
  }
  if (record !== undefined) await afterRecord(run, subject, record, found, does);
  // It stands beside a repository: where there has never been a snapshot there may be none.
  if ((record !== undefined || before?.snapshot !== undefined) && !signal.aborted) {
    const success = wellSoFar(steps);
    await does("manifest", async () => {
      await storeManifest(run.gateway, subject.repository, await describe(run, subject, success), signal);
    });
  }
  return statusOf(steps, { start, end: now() }, before, found);
}

/** What follows once the snapshot is on record. Each step is tried, however the one before it went. */
async function afterRecord(
  run: Run,
  subject: Subject,
  record: SnapshotRecord,
  found: Found,
  does: (name: Parameters<typeof step>[3], work: () => Promise<Verdict | void>) => Promise<void>,
): Promise<void> {
  await does("unlock", async () => {
    const { verdict, oldestLock } = await clearLocks(run, subject);
    found.oldest_lock = oldestLock;
    return verdict;
  });
  let prune: Verdict | undefined;
  await does("retention", async () => {
    const kept = await keep(run, subject, record);
    prune = kept.prune;
    if (kept.unrecorded.length > 0) {
      run.tell({ kind: "unrecorded", module: subject.module, snapshots: kept.unrecorded });
    }
    return kept.retention;
  });
  const pruned = prune;
  if (pruned !== undefined) await does("prune", () => Promise.resolve(pruned));
}

/** What a killed run has left behind may keep a backup from beginning. */
async function clearBefore(run: Run, subject: Subject): Promise<void> {
  try {
    if (!await locksThere(run.gateway, subject.repository, run.signal)) return;
    const { verdict } = await clearLocks(run, subject);
    if (verdict.kind !== "done") throw new Error(verdict.because);
  } catch (error) {
    if (run.signal.aborted) return;
    run.tell({
      kind: "note",
      text: `${subject.module}: unlock before the backup: ${(error as Error).message}`,
    });
  }
}

function backUp(
  { definition, moduleBackup: commandLine, signal, tell }: Run,
  module: string,
): Promise<ModuleBackupEnded> {
  return moduleBackup({
    commandLine,
    backup: definition.id,
    module,
    signal,
    onProgress: (line) => tell({ kind: "progress", module, line }),
    onText: (text) => tell({ kind: "text", module, text }),
  });
}

function judge({ code, summary, said }: ModuleBackupEnded): Verdict {
  if (code !== MODULE_BACKUP_EXIT.done) {
    return failedBecause(`module-backup ended with ${code}${said === "" ? "" : `: ${said}`}`);
  }
  return summary === undefined
    ? failedBecause("module-backup did not say which snapshot it has made")
    : { kind: "done" };
}
