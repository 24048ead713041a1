import type { Redis } from "./connection.ts";
import { KEYS } from "./keys.ts";

/** A uuid that several modules have: a clone or a restore in progress, or a mistake. */
export type SharedUuid = { readonly uuid: string; readonly modules: readonly string[] };

/** Looks for them in `cluster/module_uuid`, and tells of each new one. All of its modules hold the same repositories. */
export class SharedUuidWatch {
  /** what was found last */
  found: readonly SharedUuid[] = [];

  constructor(private readonly redis: Redis, private readonly log: (message: string) => void) {}

  async look(): Promise<void> {
    if (!this.redis.isReady) return;
    try {
      const found = sharedUuids(await this.redis.hGetAll(KEYS.moduleUuid) as Record<string, string>);
      const known = new Set(this.found.map((one) => JSON.stringify(one)));
      for (const one of found.filter((one) => !known.has(JSON.stringify(one)))) {
        const modules = one.modules.map((id) => `module/${id}`).join(" and ");
        this.log(`${modules} have the same uuid ${one.uuid}: each may add to the same repositories`);
      }
      this.found = found;
    } catch (error) {
      this.log(`Cannot look for uuids that modules share: ${(error as Error).message}`);
    }
  }
}

/** Every uuid that more than one module has, from the hash itself: module id -> uuid. */
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
