import { KEYS } from "../../gateway/redis/keys.ts";
import { readDefinitions } from "../definitions.ts";
import { parseRecords, type SnapshotRecord } from "../records.ts";
import { retain } from "../retention/retain.ts";
import { now, type Run } from "./run.ts";
import type { Subject } from "./subject.ts";

/** Lets go of what the policy does not keep. Counts what this run has recorded, also where the replica has not heard of it yet. */
export async function keep(
  run: Run,
  { module, name, asked }: Subject,
  record: SnapshotRecord,
): Promise<Awaited<ReturnType<typeof retain>>> {
  const { policy, minimumAge, pruneEvery } = run.definition;
  const { definitions } = await readDefinitions(run.replica);
  const others = definitions.filter(({ id, destination, modules }) =>
    id !== run.definition.id && destination === run.definition.destination && modules.includes(module)
  ).map(({ policy }) => policy);
  const [snapshots, about] = [KEYS.snapshots(name), KEYS.repositoryFacts(name)];
  const records = parseRecords(await run.pending.over(snapshots, await run.replica.hGetAll(snapshots)));
  const kept = await retain({
    ...asked,
    policy,
    others,
    minimumAge,
    pruneEvery,
    records: [...records.filter(({ id }) => id !== record.id), record],
    now: now(),
    facts: await run.pending.over(about, await run.replica.hGetAll(about)),
  });
  for (const [field, value] of Object.entries(kept.facts)) {
    await run.pending.put({ key: about, field, value });
  }
  // Or retention would go on taking them for snapshots that somebody has removed.
  for (const id of kept.forgotten) await run.pending.put({ key: snapshots, field: id, value: null });
  return kept;
}
