import { type AppType, appTypeOf } from "../../gateway/domain/app_type.ts";
import { parseIdentity } from "../../gateway/domain/identity.ts";
import { parseUuid, type Uuid } from "../../gateway/domain/uuid.ts";
import type { Redis } from "../../gateway/redis/connection.ts";
import { KEYS } from "../../gateway/redis/keys.ts";
import { failed, invalid } from "./failure.ts";

/** What somebody means by `module/dokuwiki1`, `dokuwiki1` or a uuid. */
export type ModuleReference = {
  readonly uuid: Uuid;
  readonly appTypes: readonly AppType[];
  readonly ids: readonly string[];
};

/** Finds a module by its id or its uuid. A uuid needs no module: its application may be gone, its backups not. */
export async function findModule(redis: Redis, text: string): Promise<ModuleReference> {
  const uuids = await redis.hGetAll(KEYS.moduleUuid) as Record<string, string>;
  const known = (uuid: Uuid): ModuleReference => {
    const ids = Object.keys(uuids).filter((id) => uuids[id] === uuid).sort();
    return { uuid, ids, appTypes: [...new Set(ids.map(appTypeOf).filter((type) => type !== undefined))] };
  };
  const direct = parseUuid(text);
  if (direct !== undefined) return known(direct);
  const identity = parseIdentity(text.startsWith("module/") ? text : `module/${text}`);
  if (identity === undefined) invalid(`"${text}" is neither a module such as module/dokuwiki1 nor a uuid`);
  const uuid = parseUuid(uuids[identity.id] ?? "");
  if (uuid === undefined) {
    failed(
      `${identity.name} has no uuid in ${KEYS.moduleUuid}: add it with "rclonegwctl identity add ${identity.name}"`,
    );
  }
  return known(uuid);
}
