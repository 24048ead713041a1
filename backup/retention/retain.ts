import type { SnapshotRecord } from "../records.ts";
import type { Access } from "../restic/access.ts";
import { restic } from "../restic/restic.ts";
import type { Verdict } from "../status.ts";
import type { Policy } from "./policy.ts";

/** A stand-in until the real one is there: the last ones that are recorded stay, the others are forgotten and pruned. */
export async function retain(parts: {
  access: Access;
  cache: string;
  policy: Policy;
  minimumAge: number;
  pruneEvery: number;
  records: readonly SnapshotRecord[];
  now: number;
  facts: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}): Promise<
  {
    retention: Verdict;
    prune?: Verdict;
    forgotten: readonly string[];
    unrecorded: readonly string[];
    facts: Record<string, string>;
  }
> {
  const { access, cache, policy, records, now, signal } = parts;
  const forgotten = [...records].sort((a, b) => b.seen - a.seen).slice(policy.last).map(({ id }) => id);
  if (forgotten.length === 0) return { retention: { kind: "done" }, forgotten, unrecorded: [], facts: {} };
  const { code, stderr } = await restic({
    access,
    cache,
    args: ["forget", "--prune", "--retry-lock=1m", ...forgotten],
    ...(signal === undefined ? {} : { signal }),
  });
  const retention: Verdict = code === 0
    ? { kind: "done" }
    : { kind: "failed", because: `restic forget ended with ${code}: ${stderr.trim()}` };
  return { retention, prune: retention, forgotten, unrecorded: [], facts: { pruned: String(now) } };
}
