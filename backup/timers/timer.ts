import type { BackupDefinition } from "../definition.ts";

/** A timer as it is to be, or as it is. */
export type Timer = {
  /** the backup's number */
  readonly id: string;
  /** all that makes this timer another one than before, in one line for people: systemd keeps it as the description */
  readonly description: string;
};

/** A timer to be made. */
export type WantedTimer = Timer & Pick<BackupDefinition, "schedule" | "randomDelay">;

/** The timer of a definition. */
export function timerOf({ id, schedule, randomDelay }: BackupDefinition): WantedTimer {
  const later = randomDelay === 0 ? "" : `, up to ${randomDelay} s later`;
  return { id, schedule, randomDelay, description: `Backup ${id} at "${schedule}"${later}` };
}

/** What has to be done so that the timers are as they are to be. */
export type Plan = {
  /** not there, or otherwise: one that is there is stopped before */
  readonly start: readonly WantedTimer[];
  /** not wanted any more */
  readonly stop: readonly string[];
};

/**
 * Compares what is wanted with what is there. The timer of a definition that cannot be read stays as it is: it is not removed, and
 * what was wanted last is the best guess.
 */
export function plan(
  { definitions, broken }: {
    readonly definitions: readonly BackupDefinition[];
    readonly broken: readonly { readonly id: string }[];
  },
  existing: readonly Timer[],
): Plan {
  const wanted = definitions.filter(({ enabled }) => enabled).map(timerOf);
  const there = new Map(existing.map((timer) => [timer.id, timer.description]));
  const stays = new Set([...wanted, ...broken].map(({ id }) => id));
  return {
    start: wanted.filter(({ id, description }) => there.get(id) !== description),
    stop: existing.map(({ id }) => id).filter((id) => !stays.has(id)),
  };
}
