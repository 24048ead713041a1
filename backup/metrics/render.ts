import type { BackupState } from "../run/state.ts";
import { type ModuleStatus, STEPS, wentWell } from "../status.ts";
import { type Gauge, prometheusText } from "./prometheus.ts";

type Labels = Readonly<Record<string, string>>;

/** `backup<id>.prom`. What is not known has no line: a number in its place would be taken for one. */
export function renderMetrics({ id, name, state, well, modules, verified }: BackupState): string {
  const backup = { id, name };
  const each = (value: (status: ModuleStatus, module: string) => number | undefined): Gauge["samples"] =>
    Object.entries(modules).sort(([a], [b]) => a < b ? -1 : 1).flatMap(([module, status]) => {
      const found = value(status, module);
      return found === undefined ? [] : [[{ ...backup, module }, found] as const];
    });
  const known = (number: number): number | undefined => number < 0 ? undefined : number;
  const held = Object.entries(modules).sort(([a], [b]) => a < b ? -1 : 1).flatMap(([module, { steps }]) =>
    STEPS.filter((step) => steps[step]?.kind === "held").map((step): readonly [Labels, number] => [
      { ...backup, module, step },
      1,
    ])
  );
  return prometheusText([
    {
      name: "node_backup_status",
      help: "Status of the backup (0 = failure, 1 = success)",
      samples: well === undefined ? [] : [[backup, well ? 1 : 0]],
    },
    {
      name: "node_backup_state",
      help:
        "Whether a run is on its way (-1 = running or unknown, 2 = held up by a concurrent run, 0 = idle)",
      samples: [[backup, { running: -1, waiting: 2, idle: 0 }[state]]],
    },
    {
      name: "node_backup_module_status",
      help: "Status of the module's last run (0 = failure, 1 = success)",
      samples: each((status) => wentWell(status) ? 1 : 0),
    },
    {
      name: "node_backup_module_snapshot_timestamp_seconds",
      help: "When the node saw the last good snapshot",
      samples: each(({ snapshot }) => snapshot?.time),
    },
    {
      name: "node_backup_module_added_bytes",
      help: "What the last run has added to the repository",
      samples: each(({ added }) => known(added)),
    },
    {
      name: "node_backup_module_size_bytes",
      help: "What a restore of the last good snapshot would write",
      samples: each(({ total_size }) => known(total_size)),
    },
    {
      name: "node_backup_module_duration_seconds",
      help: "How long the last run has taken",
      samples: each(({ start, end }) => end - start),
    },
    {
      name: "node_backup_module_oldest_lock_seconds",
      help: "Age of the oldest lock in the repository after the last run, 0 without any",
      samples: each(({ oldest_lock }) => known(oldest_lock)),
    },
    {
      name: "node_backup_module_held",
      help: "A step of the last run that was put off on purpose: the module's status says why",
      samples: held,
    },
    {
      name: "node_backup_module_verified_timestamp_seconds",
      help: "When the repository was last proved to be readable",
      samples: each((_, module) => verified[module]?.at),
    },
    {
      name: "node_backup_module_verify_status",
      help: "How the last such proof went (0 = failure, 1 = success)",
      samples: each((_, module) => verdictOf(verified[module])),
    },
  ]);
}

function verdictOf(verified: BackupState["verified"][string] | undefined): number | undefined {
  if (verified?.failed !== undefined) return 0;
  return verified?.at === undefined ? undefined : 1;
}
