import type { ModuleStatus } from "../../../backup/status.ts";

/** A run that went well, with something else. */
export function givenStatus(other: Partial<ModuleStatus> = {}): ModuleStatus {
  return {
    start: 1000,
    end: 1060,
    total_size: 5000,
    total_file_count: 3,
    snapshots_count: 1,
    errors: 0,
    steps: { backup: { kind: "done" }, manifest: { kind: "done" } },
    snapshot: { id: "a".repeat(64), time: 1050 },
    added: 100,
    oldest_lock: 0,
    ...other,
  };
}
