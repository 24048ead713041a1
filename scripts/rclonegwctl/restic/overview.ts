import type { Redis } from "../../../gateway/redis/connection.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import { oneLine } from "../../../backup/one_line.ts";

/** What there is to run restic on, as Redis has it. Texts are fit for a terminal. */
export type Overview = {
  /** `password`: restic's; undefined where it has none */
  readonly destinations: readonly { id: string; name: string; url: string; password: string | undefined }[];
  /** also those that hold something that is not valid: their destination and their modules are all that matters here */
  readonly backups: readonly { id: string; name: string; destination: string; modules: readonly string[] }[];
  /** module id -> uuid */
  readonly uuids: Readonly<Record<string, string>>;
};

export async function readOverview(redis: Redis): Promise<Overview> {
  const [passwords, uuids] = await Promise.all([
    redis.hGetAll(KEYS.resticPassword),
    redis.hGetAll(KEYS.moduleUuid),
  ]);
  const destinations = [];
  for (const [id, { name = "", url = "" }] of await hashes(redis, KEYS.repositoryPattern)) {
    destinations.push({ id, name: oneLine(name), url: oneLine(url), password: passwords[id] });
  }
  const backups = [];
  for (
    const [id, { name = "", repository = "", instances = "" }] of await hashes(redis, KEYS.backupPattern)
  ) {
    const modules = instances.split(/\s+/).filter((each) => each !== "").map((each) => oneLine(each));
    backups.push({ id, name: oneLine(name), destination: oneLine(repository), modules });
  }
  return { destinations, backups, uuids };
}

/** Every hash whose key begins as the pattern does, under the rest of its key, in order. */
async function hashes(redis: Redis, pattern: string): Promise<[id: string, hash: Record<string, string>][]> {
  const keys = new Set<string>();
  for await (const batch of redis.scanIterator({ MATCH: pattern, COUNT: 1000 })) {
    for (const key of batch) keys.add(key);
  }
  const prefix = pattern.length - 1;
  return await Promise.all(
    [...keys].sort().map(async (key) =>
      [oneLine(key.slice(prefix)), await redis.hGetAll(key)] as [string, Record<string, string>]
    ),
  );
}
