import { readDefinition } from "../../backup/definitions.ts";
import type { Run } from "../../backup/run/run.ts";
import { KEYS } from "../../gateway/redis/keys.ts";
import type { Redis } from "../../gateway/redis/connection.ts";
import type { Settings } from "../../gateway/settings.ts";

/** What a run is to do, as Redis holds it. */
export type Prepared =
  | {
    readonly kind: "run";
    readonly parts: Pick<Run, "definition" | "node" | "gateway" | "resticPassword" | "uuids">;
    /** in their order */
    readonly modules: readonly string[];
  }
  /** `forGood`: none of its modules is on this node */
  | { readonly kind: "nothing to do"; readonly because: string; readonly forGood: boolean }
  /** `known`: there is such a backup, of this name */
  | {
    readonly kind: "not valid";
    readonly problems: readonly string[];
    readonly known: boolean;
    readonly name?: string;
  };

/** Reads what a run needs, from this node's Redis, before anything is done. */
export async function prepare(redis: Redis, settings: Settings, id: string): Promise<Prepared> {
  const definition = await readDefinition(redis, id);
  if (definition === undefined) {
    return { kind: "not valid", problems: [`${KEYS.backup(id)} is not there`], known: false };
  }
  const node = settings.nodeId;
  const problems = "problems" in definition
    ? definition.problems.map((each) => `${KEYS.backup(id)}: ${each}`)
    : [];
  if (settings.nodePassword === undefined) {
    problems.push(`NODE_PASSWORD (or NODE_PASSWORD_FILE) is required: the secret of node/${node}`);
  }
  const password = "problems" in definition
    ? null
    : await redis.hGet(KEYS.resticPassword, definition.destination);
  if (!("problems" in definition) && definition.enabled && !password) {
    problems.push(`${KEYS.resticPassword} has no password for destination ${definition.destination}`);
  }
  if ("problems" in definition) {
    const name = await redis.hGet(KEYS.backup(id), "name") ?? "";
    return { kind: "not valid", problems, known: true, name };
  }
  if (!definition.enabled) return { kind: "nothing to do", because: "it is not enabled", forGood: false };
  if (problems.length > 0 || !password || settings.nodePassword === undefined) {
    return { kind: "not valid", problems, known: true, name: definition.name };
  }
  const nodes = await redis.hGetAll(KEYS.moduleNode);
  const modules = definition.modules.filter((module) => nodes[module] === node);
  if (modules.length === 0) {
    return { kind: "nothing to do", because: `none of its modules is on node ${node}`, forGood: true };
  }
  return {
    kind: "run",
    modules,
    parts: {
      definition,
      node,
      gateway: {
        url: `http://127.0.0.1:${settings.port}`,
        credentials: { user: `node/${node}`, secret: settings.nodePassword },
      },
      resticPassword: password,
      uuids: await redis.hGetAll(KEYS.moduleUuid),
    },
  };
}
