import { definitionIds } from "../../../backup/definitions.ts";
import { DEFAULTS, parseDefinition } from "../../../backup/definition.ts";
import { type ModuleStatus, wentWell } from "../../../backup/status.ts";
import { appTypeOf } from "../../../gateway/domain/app_type.ts";
import type { Redis } from "../../../gateway/redis/connection.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";

/** A module in a backup. */
export type Instance = {
  readonly module_id: string;
  readonly ui_name: string;
  readonly node: string;
  readonly repository_path: string;
  /** of its last run; null where there was none */
  readonly status: Partial<ModuleStatus> & { readonly success: boolean } | null;
};

/** A backup, in NethServer 8's words and the gateway's. */
export type BackupOverview = {
  readonly id: number;
  readonly name: string;
  readonly repository: string;
  readonly schedule: string;
  readonly schedule_hint: unknown;
  readonly retention: number | null;
  readonly enabled: boolean;
  readonly keep: string;
  readonly minimum_age: number;
  readonly prune_every: number;
  readonly random_delay: number;
  readonly instances: readonly Instance[];
  /** modules that it names and that are gone */
  readonly stale_instances: readonly string[];
  /** what is wrong with it, so that it is not run */
  readonly problems: readonly string[];
};

/** All backups, and the modules that are in none of them and do not say that they need none. */
export type Overview = {
  readonly backups: readonly BackupOverview[];
  readonly unconfigured_instances: readonly { readonly id: string; readonly ui_name: string }[];
};

/** Reads all of it, the statuses from every node. */
export async function readOverview(redis: Redis): Promise<Overview> {
  const [ids, nodes, uuids] = await Promise.all([
    definitionIds(redis),
    redis.hGetAll(KEYS.moduleNode) as Promise<Record<string, string>>,
    redis.hGetAll(KEYS.moduleUuid) as Promise<Record<string, string>>,
  ]);
  const known = { redis, nodes, uuids, allNodes: [...new Set(Object.values(nodes))] };
  const found = await Promise.all(ids.map((id) => readOne(known, id)));
  const backups = found.filter((each) => each !== undefined);
  const configured = new Set(backups.flatMap(({ instances }) => instances.map(({ module_id }) => module_id)));
  const left = Object.keys(nodes).filter((id) => !configured.has(id)).sort();
  const unconfigured = await Promise.all(left.map(async (id) => {
    const flags = await redis.sMembers(KEYS.moduleFlags(id));
    return flags.includes("no_data_backup") ? [] : [{ id, ui_name: await uiName(redis, id) }];
  }));
  return { backups, unconfigured_instances: unconfigured.flat() };
}

type Known = {
  readonly redis: Redis;
  readonly nodes: Readonly<Record<string, string>>;
  readonly uuids: Readonly<Record<string, string>>;
  readonly allNodes: readonly string[];
};

async function readOne(
  { redis, nodes, uuids, allNodes }: Known,
  id: string,
): Promise<BackupOverview | undefined> {
  const [hash, own] = await Promise.all(
    [KEYS.backup(id), KEYS.backupAdditions(id)].map((key) =>
      redis.hGetAll(key) as Promise<Record<string, string>>
    ),
  ) as [Record<string, string>, Record<string, string>];
  if (Object.keys(hash).length === 0) return undefined; // removed meanwhile
  const statuses = await readStatuses(redis, id, allNodes);
  const named = [...new Set((hash["instances"] ?? "").split(/\s+/).filter((each) => each !== ""))];
  const there = named.filter((module) => Object.hasOwn(nodes, module));
  const parsed = parseDefinition(id, hash, own);
  const seconds = (field: string, otherwise: number): number => Number(own[field] ?? otherwise);
  return {
    id: Number(id),
    name: hash["name"] ?? "",
    repository: hash["repository"] ?? "",
    schedule: hash["schedule"] ?? "",
    schedule_hint: jsonOf(hash["schedule_hint"]),
    retention: /^[0-9]+$/.test(hash["retention"] ?? "") ? Number(hash["retention"]) : null,
    enabled: hash["enabled"] === "1",
    keep: own["keep"] ?? `keep-last=${hash["retention"] ?? ""}`,
    minimum_age: seconds("minimum_age", DEFAULTS.minimumAge),
    prune_every: seconds("prune_every", DEFAULTS.pruneEvery),
    random_delay: seconds("random_delay", DEFAULTS.randomDelay),
    instances: await Promise.all(there.map(async (module) => ({
      module_id: module,
      ui_name: await uiName(redis, module),
      node: nodes[module] ?? "",
      repository_path: `${appTypeOf(module) ?? ""}/${uuids[module] ?? ""}`,
      status: statuses.get(module) ?? null,
    }))),
    stale_instances: named.filter((module) => !there.includes(module)),
    problems: "problems" in parsed ? parsed.problems : [],
  };
}

/** The newest status of each module, whichever node has it: a module may have moved. */
export async function readStatuses(
  redis: Pick<Redis, "hGetAll">,
  id: string,
  nodes: readonly string[],
): Promise<Map<string, NonNullable<Instance["status"]>>> {
  const newest = new Map<string, NonNullable<Instance["status"]>>();
  const all = await Promise.all(
    nodes.map((node) => redis.hGetAll(KEYS.backupStatus(node, id)) as Promise<Record<string, string>>),
  );
  for (const [module, text] of all.flatMap((hash) => Object.entries(hash))) {
    const status = statusOf(text);
    if (status === undefined) continue;
    if ((newest.get(module)?.start ?? -1) <= (status.start ?? 0)) newest.set(module, status);
  }
  return newest;
}

/** A status as it is stored, NethServer 8's own among them: those know errors, and no steps. */
function statusOf(text: string): NonNullable<Instance["status"]> | undefined {
  const value = jsonOf(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const status = value as Partial<ModuleStatus>;
  const { steps, errors = 0 } = status;
  const success = typeof steps === "object" && steps !== null
    ? wentWell({ steps }) && errors === 0
    : errors === 0;
  return { ...status, success };
}

async function uiName(redis: Redis, module: string): Promise<string> {
  return await redis.get(KEYS.moduleUiName(module)) ?? "";
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
}
