import { CHANNELS, KEYS } from "../../gateway/redis/keys.ts";
import { readState, removeMetrics, writeState } from "../metrics/files.ts";
import { type ModuleStatus, wentWell } from "../status.ts";
import { now, type Run } from "./run.ts";
import { runModule } from "./run_module.ts";
import { type BackupState, emptyState, started, verifiedFrom, withModule } from "./state.ts";
import { failedBecause, INTERRUPTED, statusOf } from "./steps.ts";
import { subjectOf } from "./subject.ts";

/** How a run ended: each module's status, and 0 all well, 1 not all, 130 interrupted. */
export type RunEnded = {
  readonly code: 0 | 1 | 130;
  readonly modules: Readonly<Record<string, ModuleStatus>>;
};

/**
 * Backs up these modules, one after the other. Those that another run holds come last, again and again. The caller holds the lock
 * of this backup on this node.
 */
export async function runBackup(run: Run, modules: readonly string[]): Promise<RunEnded> {
  const { definition, folders, retry, signal, tell } = run;
  let state = started(
    await readState(folders, definition.id) ?? emptyState(definition.id, definition.name),
    definition.name,
    modules,
  );
  let troubled = false;
  // A full disk is no reason to make no backups. That nobody is told of them any more is a failure.
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    await work().catch((error: Error) => {
      troubled = true;
      tell({ kind: "note", text: `Cannot ${what}: ${error.message}` });
    });
  };
  const become = (next: BackupState): Promise<void> =>
    attempt("keep the state of this backup", () => writeState(folders, state = next));
  await become(state);
  await attempt("write what earlier runs have left", async () => void await run.pending.flush(run.leader));
  const ended: Record<string, ModuleStatus> = {};
  const end = async (module: string, status: ModuleStatus): Promise<void> => {
    ended[module] = status;
    tell({ kind: "end", module, status });
    const verified = { ...state.verified, [module]: await verifiedOf(run, module) };
    await become({ ...withModule(state, module, status, wentWell(status)), verified });
    await attempt("store the status", () => storeStatus(run, module, status));
  };

  /** Tries each, and returns those that another run holds. */
  const tryAll = async (those: readonly string[]): Promise<string[]> => {
    const locked: string[] = [];
    for (const module of those) {
      if (signal.aborted) break;
      tell({ kind: "begin", module });
      const status = await runModule(run, module, state.modules[module]);
      if (status !== undefined) {
        await end(module, status);
      } else {
        tell({ kind: "locked", module });
        locked.push(module);
      }
    }
    return locked;
  };

  const beginning = now();
  let locked = await tryAll(modules);
  const since = performance.now();
  const left = (): number => retry.for - (performance.now() - since) / 1000;
  while (locked.length > 0 && left() > 0 && !signal.aborted) {
    const seconds = Math.min(retry.every, left());
    tell({ kind: "waiting", modules: locked, seconds });
    await become({ ...state, state: "waiting" });
    await pause(seconds, signal);
    if (signal.aborted) break;
    await become({ ...state, state: "running" });
    const still = await tryAll(locked);
    // Those that were not come to before an interruption wait, too.
    locked = locked.filter((module) => still.includes(module) || !(module in ended));
  }
  for (const module of locked) {
    const because = signal.aborted ? INTERRUPTED : `another run held it for all of ${retry.for} s`;
    const backup = failedBecause(because);
    tell({ kind: "step", module, step: "backup", verdict: backup });
    const status = statusOf({ backup }, { start: beginning, end: now() }, state.modules[module], {});
    await end(module, status);
  }
  const well = !signal.aborted && !troubled &&
    modules.every((module) => ended[module] !== undefined && wentWell(ended[module]));
  await attempt("keep the verdict of this backup", () => finish(run, { ...state, state: "idle", well }));
  return { code: signal.aborted ? 130 : well && !troubled ? 0 : 1, modules: ended };
}

/** Who has removed the backup meanwhile does not find it in the metrics again. */
async function finish({ folders, definition, replica }: Run, state: BackupState): Promise<void> {
  const there = await replica.exists(KEYS.backup(definition.id)).catch(() => 1);
  if (there === 0) await removeMetrics(folders, definition.id);
  else await writeState(folders, state);
}

async function storeStatus(run: Run, module: string, status: ModuleStatus): Promise<void> {
  const { definition: { id }, node, pending, leader, tell } = run;
  await pending.put({
    key: KEYS.backupStatus(node, id),
    field: module,
    value: JSON.stringify(status),
    event: {
      channel: CHANNELS.backupStatusChanged(node),
      // As NethServer 8: numbers, and the module's id.
      payload: JSON.stringify({ node_id: Number(node), backup_id: Number(id), module_id: module }),
    },
  });
  const [first, ...others] = await pending.flush(leader);
  if (first === undefined) return;
  const text = `${others.length + 1} changes wait on this host for the leader's Redis: ${first.because}`;
  tell({ kind: "note", text });
}

async function verifiedOf(run: Run, module: string): Promise<BackupState["verified"][string]> {
  const subject = subjectOf(run, module);
  if (subject === undefined) return {};
  return verifiedFrom(await run.replica.hGetAll(KEYS.repositoryFacts(subject.name)).catch(() => ({})));
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, seconds * 1000);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
