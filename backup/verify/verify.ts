import { oneLine } from "../../gateway/domain/node_trial.ts";
import type { Access } from "../restic/access.ts";
import { readSnapshots } from "../snapshots/read_snapshots.ts";
import { choose, withRecords } from "../snapshots/recorded.ts";
import type { SnapshotRecord } from "../records.ts";
import type { Verdict } from "../status.ts";
import { checkShare } from "./check.ts";
import { sampleRestore } from "./sample_restore.ts";
import { nextAfter, type Share, shareToRead } from "./share.ts";

/** What came of verifying a repository. */
export type Verified = {
  readonly verdict: Verdict;
  readonly share: Share;
  /** how many files were restored as a sample; 0 where no snapshot had any */
  readonly files: number;
  /**
   * what to write into the repository's facts: `verify_next` (a share's number), `verified` (seconds since 1970), `verify_failed`
   * (seconds, a space and why in one line); null: to be removed
   */
  readonly facts: Readonly<Record<string, string | null>>;
};

/**
 * Reads the share of a repository whose turn it is, and restores a sample of the newest snapshot: the newest that a node has
 * recorded, or else the newest of all. After a failure the same share is read again the next time. Throws when `signal` ends it.
 */
export async function verify(parts: {
  readonly access: Access;
  readonly shares: number;
  readonly facts: Readonly<Record<string, string>>;
  readonly records: readonly SnapshotRecord[];
  /** seconds since 1970 */
  readonly now: number;
  readonly signal?: AbortSignal;
}): Promise<Verified> {
  const { access, shares, facts, records, now, signal } = parts;
  const share = shareToRead(facts["verify_next"], shares);
  const wrong: string[] = [];
  let files = 0;
  const checked = await checkShare(access, share, signal);
  signal?.throwIfAborted();
  if (checked !== undefined) wrong.push(checked);
  const read = await readSnapshots(access, signal);
  signal?.throwIfAborted();
  if ("because" in read) wrong.push(`its snapshots cannot be read: ${read.because}`);
  else if (
    records.length > 0 && !read.snapshots.some(({ id }) => records.some((record) => record.id === id))
  ) {
    wrong.push(`none of ${records.length} recorded snapshots is there`);
  } else if (read.snapshots.length > 0) {
    const seen = withRecords(read.snapshots, records, now);
    const chosen = choose(seen, "latest", seen.every(({ record }) => record === undefined));
    if ("snapshot" in chosen) {
      const sample = await sampleRestore(access, chosen.snapshot.id, signal);
      signal?.throwIfAborted();
      files = sample.files;
      if (sample.because !== undefined) wrong.push(sample.because);
    }
  }
  if (wrong.length > 0) {
    const because = oneLine(wrong.join("; ")).slice(0, 1000);
    return {
      verdict: { kind: "failed", because },
      share,
      files,
      facts: { verify_next: String(share.n), verify_failed: `${now} ${because}` },
    };
  }
  return {
    verdict: { kind: "done" },
    share,
    files,
    facts: { verify_next: nextAfter(share), verified: String(now), verify_failed: null },
  };
}
