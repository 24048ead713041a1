import { parseRecords } from "../../backup/records.ts";
import { type Repository, repositoryName } from "../../backup/restic/access.ts";
import { readSnapshots } from "../../backup/snapshots/read_snapshots.ts";
import { type SeenSnapshot, withRecords } from "../../backup/snapshots/recorded.ts";
import { KEYS } from "../../gateway/redis/keys.ts";
import type { Settings } from "../../gateway/settings.ts";
import { type AsNode, nodeAccess } from "./as_node.ts";
import type { Known } from "./known.ts";
import { withOwnRedis } from "./own_redis.ts";

/** The snapshots of a repository as this node reads them, with what nodes have recorded; or why they cannot be read. */
export async function seenSnapshots(
  settings: Settings,
  as: AsNode,
  known: Known,
  repository: Repository,
  signal?: AbortSignal,
): Promise<{ readonly snapshots: readonly SeenSnapshot[] } | { readonly because: string }> {
  const read = await readSnapshots(nodeAccess(as, repository, known), signal);
  if ("because" in read) return read;
  const records = await withOwnRedis(
    settings,
    async (redis) =>
      parseRecords(await redis.hGetAll(KEYS.snapshots(repositoryName(repository))) as Record<string, string>),
  );
  return { snapshots: withRecords(read.snapshots, records, Math.floor(Date.now() / 1000)) };
}
