import { parseUuid, type Uuid } from "../../gateway/domain/uuid.ts";
import type { Redis } from "../../gateway/redis/connection.ts";
import { KEYS } from "../../gateway/redis/keys.ts";
import { invalid } from "./failure.ts";

/** What Redis knows of modules and of where backups are stored. Holds secrets: nothing prints it as it is. */
export type Known = {
  /** module id -> uuid */
  readonly modules: Readonly<Record<string, string>>;
  readonly destinations: readonly { readonly id: Uuid; readonly name: string }[];
  /** destination -> restic password */
  readonly passwords: Readonly<Record<string, string>>;
  readonly cluster: Uuid | undefined;
};

export async function readKnown(redis: Redis): Promise<Known> {
  const [modules, sections, passwords, cluster] = await Promise.all([
    redis.hGetAll(KEYS.moduleUuid) as Promise<Record<string, string>>,
    redis.hKeys(KEYS.rcloneConf),
    redis.hGetAll(KEYS.resticPassword) as Promise<Record<string, string>>,
    redis.get(KEYS.clusterUuid),
  ]);
  const ids = sections.map(parseUuid).filter((id) => id !== undefined).sort();
  const names = await Promise.all(ids.map((id) => redis.hGet(KEYS.repository(id), "name")));
  return {
    modules,
    destinations: ids.map((id, index) => ({ id, name: names[index] ?? "" })),
    passwords,
    cluster: parseUuid(cluster ?? ""),
  };
}

/** A destination as people know it. */
export function destinationName({ destinations }: Known, id: Uuid): string {
  return destinations.find((each) => each.id === id)?.name || id;
}

/** The destinations that are meant: one, or all of them. */
export function destinationsMeant({ destinations }: Known, id: string | undefined): readonly Uuid[] {
  const all = destinations.map((each) => each.id);
  if (id === undefined) return all;
  const one = all.find((each) => each === id);
  return one === undefined
    ? invalid(`${id} is not the uuid of a destination: see "rclonegwctl destination list"`)
    : [one];
}
