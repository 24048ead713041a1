import { type BackupRun, parseBackupRun } from "../domain/backup_run.ts";
import { boundedText } from "../bounded_text.ts";

/** A host answers at once: it starts, and does not wait for the end. */
const WITHIN_MS = 10_000;
const LARGEST_BYTES = 4096;

/** What this node's host is asked about a backup: to start it, or how its run stands. Throws why it cannot be asked. */
export type HostBackups = {
  readonly start: (id: string) => Promise<BackupRun>;
  readonly stateOf: (id: string) => Promise<BackupRun>;
};

/**
 * Hands over to the host, whose `schedule-backup` answers on a socket in the gateway's state volume: backups are made there, with
 * what the gateway's container has no right to.
 */
export function hostBackups(socket: string): HostBackups {
  async function ask(method: string, path: string): Promise<BackupRun> {
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
    let response: Response;
    try {
      response = await fetch(`http://host${path}`, {
        client,
        method,
        signal: AbortSignal.timeout(WITHIN_MS),
      });
    } catch (error) {
      throw new Error(
        `its host does not answer over ${socket} (${
          (error as Error).name
        }): is backup-timers.service running there?`,
      );
    }
    const text = await boundedText(response.body, LARGEST_BYTES) ?? "";
    if (response.status !== 200) throw new Error(`its host answers ${response.status}: ${text.trim()}`);
    const run = parseBackupRun(JSON.parse(text));
    if (run === undefined) throw new Error("its host's answer is not one that is known here");
    return run;
  }
  return {
    start: (id) => ask("POST", `/backups/${id}/run`),
    stateOf: (id) => ask("GET", `/backups/${id}`),
  };
}
