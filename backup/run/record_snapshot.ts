import { KEYS } from "../../gateway/redis/keys.ts";
import { formatRecord, parseRecords, type SnapshotRecord } from "../records.ts";
import type { Verdict } from "../status.ts";
import type { Summary } from "./module_backup.ts";
import { now, type Run } from "./run.ts";
import { findSnapshot, newIn } from "./snapshot.ts";
import { failedBecause } from "./steps.ts";
import type { Subject } from "./subject.ts";

/**
 * Looks for the snapshot that module-backup names, and records it. Held where the record waits on this host for the leader: it
 * counts all the same. Throws where there is no such snapshot, and where it is not a new one: to be seen again would make an old one young.
 */
export async function recordSnapshot(
  run: Run,
  { name, repository, asked }: Subject,
  { snapshot, bytes, added, files }: Summary,
): Promise<{ readonly record: SnapshotRecord; readonly verdict: Verdict }> {
  const id = await findSnapshot(asked, snapshot, repository.path.moduleUuid);
  const key = KEYS.snapshots(name);
  const earlier = parseRecords(await run.pending.over(key, await run.replica.hGetAll(key)));
  if (earlier.some((record) => record.id === id)) {
    throw new Error(`snapshot ${id} was recorded by an earlier run`);
  }
  const last = earlier.toSorted((a, b) => b.seen - a.seen)[0];
  // Not known counts as all of it.
  const fresh = last === undefined ? added : await newIn(asked, last.id, id);
  const record = {
    id,
    seen: now(),
    backup: run.definition.id,
    node: run.node,
    bytes,
    added: fresh < 0 ? Math.max(bytes, 0) : fresh,
    files,
  };
  await run.pending.put({ key, field: id, value: formatRecord(record) });
  const left = (await run.pending.flush(run.leader)).find(({ write }) =>
    write.key === key && write.field === id
  );
  if (left === undefined) return { record, verdict: { kind: "done" } };
  return left.away
    ? { record, verdict: { kind: "held", because: `waits on this host: ${left.because}` } }
    : { record, verdict: failedBecause(left.because) };
}
