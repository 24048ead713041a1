import { KEYS } from "../gateway/redis/keys.ts";
import { type BackupDefinition, parseDefinition } from "./definition.ts";

/** What reads definitions: the client of connection.ts, and whatever else has these two. */
export type DefinitionReads = {
  hGetAll(key: string): Promise<Record<string, string>>;
  scanIterator(options: { MATCH: string; COUNT: number }): AsyncIterable<readonly string[]>;
};

/** A definition that is stored and cannot be used, and everything that is wrong with it. */
export type BrokenDefinition = { readonly id: string; readonly problems: readonly string[] };

/** All definitions in the order of their ids; those that cannot be used apart, with why: nobody may take them for removed. */
export async function readDefinitions(
  redis: DefinitionReads,
): Promise<
  { readonly definitions: readonly BackupDefinition[]; readonly broken: readonly BrokenDefinition[] }
> {
  const ids = await definitionIds(redis);
  const definitions: BackupDefinition[] = [];
  const broken: BrokenDefinition[] = [];
  const all = await Promise.all(ids.map((id) => readDefinition(redis, id)));
  for (const [index, id] of ids.entries()) {
    const definition = all[index];
    if (definition === undefined) continue; // removed between the two questions
    if ("problems" in definition) broken.push({ id, problems: definition.problems });
    else definitions.push(definition);
  }
  return { definitions, broken };
}

/** A definition as Redis holds it, or everything that is wrong with it; undefined where there is none of this id. */
export async function readDefinition(
  redis: Pick<DefinitionReads, "hGetAll">,
  id: string,
): Promise<BackupDefinition | { readonly problems: readonly string[] } | undefined> {
  const [hash, own] = await Promise.all([
    redis.hGetAll(KEYS.backup(id)),
    redis.hGetAll(KEYS.backupAdditions(id)),
  ]);
  return Object.keys(hash).length === 0 ? undefined : parseDefinition(id, hash, own);
}

/** The ids of what is stored, in their order. */
export async function definitionIds(redis: Pick<DefinitionReads, "scanIterator">): Promise<string[]> {
  const prefix = KEYS.backup("");
  const ids = new Set<string>();
  for await (const keys of redis.scanIterator({ MATCH: KEYS.backupPattern, COUNT: 1000 })) {
    for (const key of keys) ids.add(key.slice(prefix.length));
  }
  return [...ids].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
}
