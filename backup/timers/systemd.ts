import { scheduleProblem } from "./schedule.ts";
import type { Timer, WantedTimer } from "./timer.ts";

/** What makes timers, and takes them away. Throws why it cannot. */
export type Timers = {
  readonly list: () => Promise<readonly Timer[]>;
  /** makes one anew, in the place of one that is there */
  readonly start: (timer: WantedTimer) => Promise<void>;
  /** `forget`: nothing of it is remembered, so that no later one of this name makes up for a run that it has missed */
  readonly stop: (id: string, forget: boolean) => Promise<void>;
};

const PATTERN = "backup*.timer";
const UNIT = /^backup([1-9][0-9]{0,8})\.timer$/;

const ATTEMPTS = 5;

/** The service that a timer starts (host/run-backup@.service). */
export function serviceOf(id: string): string {
  return `run-backup@${id}.service`;
}

/**
 * systemd's transient timers, `backup<id>.timer`. They are there until they are stopped or the host goes down; when each of them
 * fired last stays in /var/lib/systemd/timers under its name (tried: transient ones have that stamp, too), so that one which is
 * made again makes up for a run that was missed meanwhile.
 */
export const systemdTimers: Timers = {
  async list() {
    const { stdout } = await run("systemctl", ["show", PATTERN, "--property=Id,Description,ActiveState"]);
    return stdout.split("\n\n").map((block) =>
      Object.fromEntries(
        block.split("\n").map((line) => [line.split("=", 1)[0], line.slice(line.indexOf("=") + 1)]),
      )
    ).flatMap(({ Id = "", Description = "", ActiveState }) => {
      const id = UNIT.exec(Id)?.[1];
      return id === undefined || ActiveState !== "active" ? [] : [{ id, description: Description }];
    });
  },
  async start({ id, schedule, randomDelay, description }) {
    // Before the one that is there goes.
    const problem = await scheduleProblem(schedule);
    if (problem !== undefined) throw new Error(problem);
    const [there] = (await this.list()).filter((timer) => timer.id === id);
    // Another schedule does not make up for runs that it would have had before it was there.
    if (there !== undefined) {
      await this.stop(id, !there.description.startsWith(`Backup ${id} at "${schedule}"`));
    }
    const args = [
      "--quiet",
      `--unit=backup${id}`,
      `--description=${description}`,
      `--on-calendar=${schedule}`,
      "--timer-property=Persistent=true",
      "--timer-property=AccuracySec=1s",
      `--timer-property=RandomizedDelaySec=${randomDelay}`,
      // A transient timer starts the service of its own name and no other (tried: Unit= is refused). So that one only starts what
      // has a unit of its own: a run in progress never stands in the way of a timer that is made anew.
      "systemctl",
      "start",
      "--no-block",
      serviceOf(id),
    ];
    for (let attempt = 1;; attempt++) {
      // One that has failed, or is still starting something, would be in the way.
      await run("systemctl", ["reset-failed", `backup${id}.service`]);
      const { code, stderr } = await run("systemd-run", args);
      if (code === 0) return;
      if (attempt === ATTEMPTS) throw new Error(`systemd-run refuses it: ${stderr.trim()}`);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  },
  async stop(id, forget) {
    const { code, stderr } = await run("systemctl", ["stop", `backup${id}.timer`]);
    // Of one that has gone meanwhile there is nothing to stop.
    if (code !== 0 && code !== 5) throw new Error(`systemctl stop refuses it: ${stderr.trim()}`);
    if (forget) {
      await Deno.remove(`/var/lib/systemd/timers/stamp-backup${id}.timer`).catch(() => {/* none */});
    }
  },
};

/** Runs a program of systemd's to its end. */
export async function run(
  program: "systemctl" | "systemd-run",
  args: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    // What systemctl prints is read.
    env: { LC_ALL: "C", SYSTEMD_PAGER: "", SYSTEMD_COLORS: "0" },
    stdin: "null",
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}
