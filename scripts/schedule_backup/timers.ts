import { backupFolders, removeOtherMetrics } from "../../backup/metrics/files.ts";
import { converge } from "../../backup/timers/converge.ts";
import { redisReads } from "../../backup/timers/redis_reads.ts";
import { run, systemdTimers } from "../../backup/timers/systemd.ts";
import { RedisClient } from "../../gateway/redis/client.ts";
import { failed } from "../rclonegwctl/failure.ts";
import { note } from "../rclonegwctl/output.ts";
import { readSettings } from "../rclonegwctl/session.ts";

/** Where systemd is the first process, this folder is there (sd_booted(3)). */
const SYSTEMD = "/run/systemd/system";

/** Ends the command where this host has no systemd. */
export async function needSystemd(): Promise<void> {
  const there = await Deno.stat(SYSTEMD).then(({ isDirectory }) => isDirectory, () => false);
  if (!there) {
    failed(`Cannot use timers: systemd does not run on this host. "schedule-backup run" does without it.`);
  }
}

export async function startTimers(): Promise<void> {
  const { redisReplicaAddress: address, redisUser: user, redisPassword: password } = readSettings();
  await needSystemd();
  const client = new RedisClient({ address, user, password }, { once: true });
  client.on("error", () => {/* thrown below */});
  try {
    await client.connect();
    const failures = await converge({
      redis: redisReads(client),
      timers: systemdTimers,
      removeOthers: (keep) => removeOtherMetrics(backupFolders(Deno.env.toObject()), keep),
      log: note,
    });
    if (failures > 0) failed(`Cannot make all timers: see above for ${failures} of them.`);
  } catch (error) {
    if (error instanceof Error && error.name === "CommandFailed") throw error;
    failed(
      `Cannot make timers from this node's Redis at ${address}: ${
        (error as Error).message
      }. Nothing was changed.`,
    );
  } finally {
    client.destroy();
  }
}

export async function stopTimers(): Promise<void> {
  await needSystemd();
  for (const { id } of await systemdTimers.list()) {
    await systemdTimers.stop(id, false);
    note(`timer of backup ${id} stopped`);
  }
}

export async function listTimers({ json }: { json?: true }): Promise<void> {
  await needSystemd();
  const shape = json ? ["--output=json"] : [];
  const { code, stdout, stderr } = await run("systemctl", [
    "list-timers",
    "--all",
    ...shape,
    "backup*.timer",
  ]);
  if (code !== 0) failed(`Cannot list the timers: ${stderr.trim()}`);
  console.log(stdout.trimEnd());
}
