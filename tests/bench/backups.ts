import { DOKUWIKI1 } from "../integration/harness/cluster.ts";
import { makeTree } from "../integration/harness/tree.ts";
import { type Bench, medianParts, say, table } from "./bench.ts";
import type { Candidate } from "./candidates.ts";
import { repositoryOf } from "./objects.ts";
import { type Process, timed, total } from "./processor_time.ts";
import { turns } from "./statistics.ts";
import type { Toolbox } from "./toolbox.ts";

const SMALL_BYTES = 8192;

type Run = { readonly seconds: number; readonly milliseconds: Record<string, number> };

/** A real backup and its restore by restic, without a cache, so that every read is a request. */
export async function backups(bench: Bench): Promise<void> {
  const { extent, toolbox, work, store, found } = bench;
  const candidates = bench.candidates.filter(({ name }) => name !== "no check, copying");
  say(`restic backup and restore: ${extent.resticRounds} rounds`);
  const tree = `${work.path}/tree`;
  const restored = `${work.path}/restored`;
  Deno.mkdirSync(tree);
  makeTree(
    tree,
    extent.smallFiles + extent.smallFiles / 100,
    extent.largeBytes + extent.smallFiles * SMALL_BYTES,
  );
  const repository = repositoryOf(DOKUWIKI1);
  const resticOf = ({ root }: Candidate) => (processes: readonly Process[], ...args: string[]) =>
    restic(toolbox, `${root}/${repository}`, processes, args);
  const backup = async (candidate: Candidate): Promise<Run> =>
    await resticOf(candidate)(await candidate.processes(), "backup", tree);
  const restore = async (candidate: Candidate): Promise<Run> =>
    await resticOf(candidate)(await candidate.processes(), "restore", "latest", "--target", restored);

  // Its small objects of the other rows are no repository. One is created once: nearly all of that is restic's own
  // search for how dear a password's key shall be on this machine, and the repositories would differ in it.
  store.empty(repository);
  const [any] = candidates;
  if (any === undefined) throw new Error("Cannot measure backups: there is nothing to back up to");
  await resticOf(any)([], "init");
  const created = store.keep(repository);
  // Not counted: who writes first has to wait until the kernel has found the memory for it.
  await backup(any);
  await restore(any);

  const backedUp = table<Run>(candidates);
  const broughtBack = table<Run>(candidates);
  for (const order of turns(candidates, extent.resticRounds)) {
    for (const candidate of order) {
      Deno.removeSync(restored, { recursive: true });
      created();
      backedUp[candidate.name].push(await backup(candidate));
      broughtBack[candidate.name].push(await restore(candidate));
    }
  }
  store.empty(repository);
  for (const folder of [tree, restored]) Deno.removeSync(folder, { recursive: true });

  const note = `${extent.largeBytes >> 20} MiB in large files, ${extent.smallFiles} small ones`;
  const figures = (figure: (backup: Run, restore: Run) => number) =>
    Object.fromEntries(
      candidates.map(({ name }) => [
        name,
        backedUp[name].map((run, round) => figure(run, broughtBack[name][round] ?? run)),
      ]),
    );
  found.series.push({ what: "restic backup alone", unit: "s", values: figures(({ seconds }) => seconds) });
  found.series.push({
    what: "restic restore alone",
    unit: "s",
    values: figures((_, { seconds }) => seconds),
  });
  found.compare({
    what: "restic backup and restore",
    unit: "s",
    values: figures((backup, restore) => backup.seconds + restore.seconds),
  }, [
    { to: "no check", bound: "at most", limit: 1.02, note },
    { to: "rclone direct", bound: "at most", limit: 1.03, note },
    { to: "rest-server", bound: "at most", note },
  ]);
  for (const [what, runs] of [["restic backup", backedUp], ["restic restore", broughtBack]] as const) {
    for (const { name } of candidates) {
      const milliseconds = medianParts(runs[name].map((run) => run.milliseconds));
      found.processorTimes.push({ what, candidate: name, per: "run", milliseconds });
    }
  }
  found.compare({
    what: "processor time of backup and restore",
    unit: "ms",
    values: figures((backup, restore) => total(backup.milliseconds) + total(restore.milliseconds)),
  }, [
    { to: "no check", bound: "at most", note: "restic's own is in it" },
    { to: "rclone direct", bound: "at most", note: "restic's own is in it" },
    { to: "rest-server", bound: "at most", note: "restic's own is in it" },
  ]);
}

/** One run of restic: how long it took, and the processor time of the server's processes and its own. */
async function restic(
  toolbox: Toolbox,
  url: string,
  processes: readonly Process[],
  args: readonly string[],
): Promise<Run> {
  const credentials = `${encodeURIComponent(DOKUWIKI1.name)}:${DOKUWIKI1.secret}@`;
  const env = {
    RESTIC_REPOSITORY: `rest:${url.replace("//", `//${credentials}`)}`,
    RESTIC_PASSWORD: "restic-password-Lm7",
  };
  // The shell's last line is restic's user and system time in seconds.
  const script = `TIMEFORMAT="%U %S"; { time "$@" 2>&3; } 3>&2 2>&1`;
  const command = ["bash", "-c", script, "bash", "restic", "--no-cache", "--quiet", ...args];
  const started = performance.now();
  const { value, milliseconds } = await timed(
    processes,
    () => toolbox.run(command, { env, timeoutMs: 600_000 }),
  );
  const seconds = (performance.now() - started) / 1000;
  const [, user, system] = /^([0-9.]+) ([0-9.]+)$/m.exec(value) ?? [];
  return {
    seconds,
    milliseconds: { ...milliseconds, restic: (Number(user) + Number(system)) * 1000 },
  };
}
