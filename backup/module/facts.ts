import type { ModuleIdentity } from "../../gateway/domain/identity.ts";
import { parseUuid, type Uuid } from "../../gateway/domain/uuid.ts";
import type { Redis } from "../../gateway/redis/connection.ts";
import { KEYS } from "../../gateway/redis/keys.ts";
import { readDefinition } from "../definitions.ts";

/** What Redis says of a module's backup. */
export type BackupFacts = {
  readonly uuid: Uuid;
  readonly destination: Uuid;
  /** the destination's restic password */
  readonly password: string;
  /** the ids of all modules */
  readonly modules: readonly string[];
};

/** Reads them, or says everything that speaks against a backup of this module, with this definition, on this node. */
export async function readFacts(
  redis: Pick<Redis, "hGetAll" | "hGet">,
  { backup, module, node }: { backup: string; module: ModuleIdentity; node: string },
): Promise<BackupFacts | { readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const [definition, uuids, home] = await Promise.all([
    readDefinition(redis, backup),
    redis.hGetAll(KEYS.moduleUuid),
    redis.hGet(KEYS.moduleNode, module.id),
  ]);
  const uuid = parseUuid(uuids[module.id] ?? "");
  if (uuid === undefined) problems.push(`${module.name} has no uuid in ${KEYS.moduleUuid}`);
  if (home !== null && home !== node) {
    problems.push(`${module.name} is on node ${home}, and this is node ${node}`);
  }
  if (definition === undefined) {
    problems.push(`there is no backup ${backup}`);
  } else if ("problems" in definition) {
    problems.push(...definition.problems.map((problem) => `backup ${backup}: ${problem}`));
  } else {
    const { destination, modules } = definition;
    if (!modules.includes(module.id)) problems.push(`${module.name} is not part of backup ${backup}`);
    const password = await redis.hGet(KEYS.resticPassword, destination) ?? "";
    if (password === "") problems.push(`destination ${destination} has no restic password`);
    if (uuid !== undefined && problems.length === 0) {
      return { uuid, destination, password, modules: Object.keys(uuids) };
    }
  }
  return { problems };
}
