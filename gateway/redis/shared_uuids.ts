import type { Redis } from "./connection.ts";
import { KEYS } from "./keys.ts";

/** A uuid that several modules have: a clone or a restore in progress, or a mistake. */
export type SharedUuid = { readonly uuid: string; readonly modules: readonly string[] };

/** Every uuid in `cluster/module_uuid` that more than one module has. They all hold the same repositories. */
export async function readSharedUuids(redis: Redis): Promise<SharedUuid[]> {
  return sharedUuids(await redis.hGetAll(KEYS.moduleUuid) as Record<string, string>);
}

/** The same, from the hash itself: module id -> uuid. */
export function sharedUuids(uuids: Readonly<Record<string, string>>): SharedUuid[] {
  const modules = new Map<string, string[]>();
  for (const [id, uuid] of Object.entries(uuids)) {
    const known = modules.get(uuid);
    if (known === undefined) modules.set(uuid, [id]);
    else known.push(id);
  }
  return [...modules].filter(([, ids]) => ids.length > 1)
    .map(([uuid, ids]) => ({ uuid, modules: ids.sort() }))
    .sort((a, b) => a.uuid < b.uuid ? -1 : 1);
}
