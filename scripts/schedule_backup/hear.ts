import { readDefinition } from "../../backup/definitions.ts";
import { backupFolders, removeOtherMetrics } from "../../backup/metrics/files.ts";
import { backupApp } from "../../backup/timers/backup_app.ts";
import { converge } from "../../backup/timers/converge.ts";
import { followSchedules } from "../../backup/timers/follow.ts";
import { ForegroundTimers, stampsIn } from "../../backup/timers/foreground.ts";
import { redisReads } from "../../backup/timers/redis_reads.ts";
import { childRunner, Runs, systemdRunner } from "../../backup/timers/runs.ts";
import { systemdTimers } from "../../backup/timers/systemd.ts";
import { RedisClient } from "../../gateway/redis/client.ts";
import { readSettings } from "../rclonegwctl/session.ts";
import { listening } from "./listening.ts";
import { needSystemd } from "./timers.ts";

/** An event can be lost. */
const LOOK_EVERY_MS = 120_000;
const LOOK_AT_SOCKET_EVERY_MS = 10_000;
/** A clock that is set forward is noticed after that. */
const LONGEST_WAIT_MS = 30_000;

const log = (message: string): void => console.error(`schedule-backup: ${message}`);

/** Keeps timers what Redis wants, and answers the gateway; until it is ended. Timers of systemd's outlive it. */
export async function hearSchedules(how: "systemd" | "foreground"): Promise<void> {
  const settings = readSettings();
  if (how === "systemd") await needSystemd();
  const { redisReplicaAddress: address, redisUser: user, redisPassword: password } = settings;
  const folders = backupFolders(Deno.env.toObject());
  const client = new RedisClient({ address, user, password });
  const redis = redisReads(client);
  const children = childRunner();
  const runs = new Runs(how === "systemd" ? systemdRunner : children, log);
  const foreground = new ForegroundTimers({
    fire: (id) => void runs.start(id),
    stamps: stampsIn(`${folders.state}/timers`),
  });
  const schedules = followSchedules(client, {
    look: async () => {
      await converge({
        redis,
        timers: how === "systemd" ? systemdTimers : foreground,
        removeOthers: (keep) => removeOtherMetrics(folders, keep),
        log,
      });
      wake();
    },
    everyMs: LOOK_EVERY_MS,
    log,
  });
  const app = backupApp({
    runs,
    isKnown: async (id) => await readDefinition(redis, id) !== undefined,
  });
  const socket = listening(settings.stateDir, app.fetch, log);
  await socket.look();
  setInterval(() => void socket.look(), LOOK_AT_SOCKET_EVERY_MS);

  let timeout: ReturnType<typeof setTimeout> | undefined;
  /** Fires what is due, and comes back when the next is. */
  function wake(): void {
    if (how === "systemd") return;
    clearTimeout(timeout);
    timeout = undefined;
    foreground.tick().catch((error) => {
      log(`Cannot remember when a backup was started: ${(error as Error).message}`);
      return 1000;
    }).then((ms = LONGEST_WAIT_MS) => {
      clearTimeout(timeout);
      timeout = setTimeout(wake, Math.min(ms, LONGEST_WAIT_MS));
    });
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, async () => {
      schedules.stop();
      clearTimeout(timeout);
      await children.end();
      await socket.close();
      Deno.exit(0);
    });
  }
  schedules.connect();
  wake();
  log(how === "systemd" ? "keeping systemd's timers" : "running backups from this process");
}
