import type { BackupRun } from "../../gateway/domain/backup_run.ts";
import { run, serviceOf } from "./systemd.ts";

/** What runs a backup on this host. */
export type Runner = {
  /** runs it to its end, or joins a run that is in progress; the exit code of run-backup */
  readonly run: (id: string) => Promise<number>;
  /** since when it runs, whoever has started it, in seconds since 1970; undefined: it does not */
  readonly runningSince: (id: string) => Promise<number | undefined>;
};

/** The runs of backups on this host, as far as they were started here: a service that starts anew knows none. */
export class Runs {
  readonly #runner: Runner;
  readonly #log: (message: string) => void;
  readonly #runs = new Map<string, BackupRun>();
  #now: () => number;

  constructor(runner: Runner, log: (message: string) => void, now = () => Math.floor(Date.now() / 1000)) {
    this.#runner = runner;
    this.#log = log;
    this.#now = now;
  }

  /** Starts a backup, or joins a run that is in progress. Does not wait for its end. */
  async start(id: string): Promise<BackupRun> {
    // Looked at before anything is awaited: two that ask at once get the same run.
    if (this.#runs.get(id)?.state !== "running") this.#run(id, this.#now());
    const since = await this.#runner.runningSince(id);
    const run = this.#runs.get(id);
    if (run?.state !== "running" || since === undefined || since >= run.started) {
      return run ?? { state: "none" };
    }
    // Its timer was faster.
    const joined: BackupRun = { state: "running", started: since };
    this.#runs.set(id, joined);
    return joined;
  }

  async stateOf(id: string): Promise<BackupRun> {
    const known = this.#runs.get(id);
    if (known?.state === "running") return known;
    // By its timer, or by this service before it was started anew.
    const since = await this.#runner.runningSince(id);
    return since === undefined ? known ?? { state: "none" } : { state: "running", started: since };
  }

  #run(id: string, started: number): void {
    this.#runs.set(id, { state: "running", started });
    this.#runner.run(id).catch((error) => {
      this.#log(`Cannot run backup ${id}: ${(error as Error).message}`);
      return 1;
    }).then((code) => {
      const run = this.#runs.get(id);
      const from = run?.state === "running" ? run.started : started;
      this.#runs.set(id, { state: "ended", started: from, ended: this.#now(), code });
    });
  }
}

/** As a unit of systemd, the same one that timers start: it outlives this service, and nothing runs twice. */
export const systemdRunner: Runner = {
  async run(id) {
    const { code, stderr } = await run("systemctl", ["start", serviceOf(id)]);
    if (code === 0) return 0;
    const shown = await run("systemctl", ["show", "--property=ExecMainStatus", "--value", serviceOf(id)]);
    const exit = Number(shown.stdout.trim());
    if (!(exit > 0)) throw new Error(`systemctl start refuses it (${code}): ${stderr.trim()}`);
    return exit;
  },
  async runningSince(id) {
    const { stdout } = await run("systemctl", [
      "show",
      "--timestamp=unix",
      "--property=ActiveState,ExecMainStartTimestamp",
      serviceOf(id),
    ]);
    if (!/^ActiveState=(activating|active|deactivating)$/m.test(stdout)) return undefined;
    return Number(/^ExecMainStartTimestamp=@([0-9]+)$/m.exec(stdout)?.[1] ?? Math.floor(Date.now() / 1000));
  },
};

/** As a child of this process, where there is no systemd. What it prints goes where this process prints. */
export function childRunner(): Runner & { end(): Promise<void> } {
  const running = new Map<string, Promise<number>>();
  const since = new Map<string, number>();
  const children = new Set<Deno.ChildProcess>();
  return {
    async run(id) {
      const there = running.get(id);
      if (there !== undefined) return await there;
      const child = new Deno.Command("run-backup", { args: [`--backup=${id}`], stdin: "null" }).spawn();
      children.add(child);
      const ended = child.status.then(({ code }) => code).finally(() => {
        running.delete(id);
        since.delete(id);
        children.delete(child);
      });
      running.set(id, ended);
      since.set(id, Math.floor(Date.now() / 1000));
      return await ended;
    },
    runningSince: (id) => Promise.resolve(since.get(id)),
    /** Ends all of them in order, and waits for that: whoever ends this process has its own patience. */
    async end() {
      for (const child of children) {
        try {
          child.kill("SIGTERM");
        } catch { /* it has ended meanwhile */ }
      }
      await Promise.allSettled(running.values());
    },
  };
}
