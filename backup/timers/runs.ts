import type { BackupRun } from "../../gateway/domain/backup_run.ts";
import { run, serviceOf } from "./systemd.ts";

/** What runs a backup on this host. */
export type Runner = {
  /** runs it to its end, or joins a run that is in progress; the exit code of run-backup */
  readonly run: (id: string) => Promise<number>;
  /** whether it runs, whoever has started it */
  readonly isRunning: (id: string) => Promise<boolean>;
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

  /** Starts a backup, or joins a run that is in progress. Returns at once. */
  start(id: string): BackupRun {
    const there = this.#runs.get(id);
    if (there?.state === "running") return there;
    const started = this.#now();
    const running: BackupRun = { state: "running", started };
    this.#runs.set(id, running);
    this.#runner.run(id).catch((error) => {
      this.#log(`Cannot run backup ${id}: ${(error as Error).message}`);
      return 1;
    }).then((code) => this.#runs.set(id, { state: "ended", started, ended: this.#now(), code }));
    return running;
  }

  async stateOf(id: string): Promise<BackupRun> {
    const known = this.#runs.get(id);
    if (known?.state === "running" || !await this.#runner.isRunning(id)) return known ?? { state: "none" };
    // By its timer, or by this service before it was started anew.
    return { state: "running", started: this.#now() };
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
  async isRunning(id) {
    const { stdout } = await run("systemctl", ["show", "--property=ActiveState", "--value", serviceOf(id)]);
    return ["activating", "active", "deactivating"].includes(stdout.trim());
  },
};

/** As a child of this process, where there is no systemd. What it prints goes where this process prints. */
export function childRunner(): Runner & { end(): Promise<void> } {
  const running = new Map<string, Promise<number>>();
  const children = new Set<Deno.ChildProcess>();
  return {
    async run(id) {
      const there = running.get(id);
      if (there !== undefined) return await there;
      const child = new Deno.Command("run-backup", { args: [`--backup=${id}`], stdin: "null" }).spawn();
      children.add(child);
      const ended = child.status.then(({ code }) => code).finally(() => {
        running.delete(id);
        children.delete(child);
      });
      running.set(id, ended);
      return await ended;
    },
    isRunning: (id) => Promise.resolve(running.has(id)),
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
