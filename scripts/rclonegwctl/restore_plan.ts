import { findRestorePlace, type RestorePlace } from "../../backup/module/restore_place.ts";
import type { Repository } from "../../backup/restic/access.ts";
import { choose, namesSnapshot, type SeenSnapshot } from "../../backup/snapshots/recorded.ts";
import { parseAppType } from "../../gateway/domain/app_type.ts";
import { parseIdentity } from "../../gateway/domain/identity.ts";
import { oneLine } from "../../gateway/domain/node_trial.ts";
import type { RepositoryPath } from "../../gateway/domain/repository.ts";
import { parseUuid, type Uuid } from "../../gateway/domain/uuid.ts";
import type { Redis } from "../../gateway/redis/connection.ts";
import { KEYS } from "../../gateway/redis/keys.ts";
import type { Settings } from "../../gateway/settings.ts";
import type { AsNode } from "./as_node.ts";
import { parseDuration } from "./duration.ts";
import { failed, invalid } from "./failure.ts";
import { destinationName, type Known, readKnown } from "./known.ts";
import { findModule } from "./module.ts";
import { note } from "./output.ts";
import { withOwnRedis } from "./own_redis.ts";
import { seenSnapshots } from "./seen_snapshots.ts";
import { repositoriesAt } from "./which_repository.ts";

/** What is asked for on the command line. */
export type Wanted = {
  readonly snapshot: string;
  readonly module: string;
  readonly from?: string;
  readonly destination?: string;
  readonly target?: string;
  readonly ttl: string;
  readonly any?: true;
  readonly verify?: true;
  readonly yes?: true;
  readonly json?: true;
};

/** What is restored, from where, as whom. */
export type Plan = {
  readonly known: Known;
  readonly place: RestorePlace;
  readonly reader: Uuid;
  readonly repository: Repository;
  readonly snapshot: SeenSnapshot;
  /** how long the grant lasts if nobody renews it */
  readonly ttlMs: number;
};

const LEAST_TTL_MS = 3000;

/** Finds out all of it, or ends the command; nothing is changed. */
export async function planRestore(
  settings: Settings,
  as: AsNode,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Plan> {
  const ttlMs = parseDuration(wanted.ttl) ?? 0;
  const identity = parseIdentity(
    wanted.module.startsWith("module/") ? wanted.module : `module/${wanted.module}`,
  );
  const problems: string[] = [];
  if (identity?.kind !== "module") problems.push(`--module ${wanted.module} is no module's id`);
  if (!namesSnapshot(wanted.snapshot)) {
    problems.push(`--snapshot ${wanted.snapshot} is neither latest nor an id (8 to 64 hex digits)`);
  }
  if (wanted.any && wanted.snapshot !== "latest") problems.push("--any is for --snapshot latest");
  if (ttlMs < LEAST_TTL_MS) {
    problems.push(`--ttl ${wanted.ttl} is no time from ${LEAST_TTL_MS / 1000}s on, such as 15m`);
  }
  if (wanted.target !== undefined && !wanted.target.startsWith("/")) {
    problems.push(`--target ${wanted.target} is no absolute path`);
  }
  if (problems.length > 0 || identity?.kind !== "module") invalid(`Cannot restore: ${problems.join("; ")}`);

  const { known, reader, path } = await withOwnRedis(settings, async (redis) => {
    const known = await readKnown(redis);
    const reader = parseUuid(known.modules[identity.id] ?? "") ??
      invalid(`Cannot restore: there is no ${identity.name} in ${KEYS.moduleUuid}`);
    return { known, reader, path: await sourcePath(redis, wanted.from, { reader, ...identity }) };
  });
  const place = await findRestorePlace(identity.id);
  if ("because" in place) {
    const node = await withOwnRedis(settings, (redis) => redis.hGet(KEYS.moduleNode, identity.id));
    const elsewhere = node !== null && node !== settings.nodeId
      ? `. It lives on node ${node}: run this there`
      : "";
    invalid(`Cannot restore as ${identity.name}: ${place.because}${elsewhere}`);
  }
  const repository = await onlyOne(as, known, path, wanted);
  const seen = await seenSnapshots(settings, as, known, repository, signal);
  signal.throwIfAborted();
  if ("because" in seen) {
    failed(`Cannot restore: ${path.appType}/${path.moduleUuid} cannot be read: ${seen.because}`);
  }
  const chosen = choose(seen.snapshots, wanted.snapshot, wanted.any === true);
  if ("because" in chosen) failed(`Cannot restore: ${chosen.because}`);
  return { known, place, reader, repository, snapshot: chosen.snapshot, ttlMs };
}

/** Whose data: within the app type of who reads it, since no grant goes further, and no application could use it. */
async function sourcePath(
  redis: Redis,
  from: string | undefined,
  reader: { readonly reader: Uuid; readonly name: string; readonly appType: RepositoryPath["appType"] },
): Promise<RepositoryPath> {
  const own = { appType: reader.appType, moduleUuid: reader.reader };
  if (from === undefined) return own;
  // As "rclonegwctl repositories" shows it.
  const [type = "", uuid = ""] = from.split("/");
  const given = parseAppType(type) !== undefined && parseUuid(uuid) !== undefined ? uuid : from;
  const source = await findModule(redis, given);
  const types = given === from ? source.appTypes : [type];
  if (types.length > 0 && !types.includes(reader.appType)) {
    invalid(
      `Cannot restore: ${from} is of app type ${types.join(", ")}, and ${reader.name} of ${reader.appType}`,
    );
  }
  return { appType: reader.appType, moduleUuid: source.uuid };
}

async function onlyOne(
  as: AsNode,
  known: Known,
  path: RepositoryPath,
  { destination }: Wanted,
): Promise<Repository> {
  const { repositories, problems } = await repositoriesAt(as, known, path, destination);
  for (const problem of repositories.length === 0 ? [] : problems) note(problem);
  const [repository, other] = repositories;
  if (repository === undefined) {
    failed(
      `Cannot restore: there is no repository ${path.appType}/${path.moduleUuid}${
        problems.map((each) => `; ${each}`).join("")
      }`,
    );
  }
  if (other !== undefined) {
    invalid(
      `Cannot restore: it is on ${repositories.length} destinations, name one with --destination: ${
        repositories.map((each) =>
          `${each.destination} ("${oneLine(destinationName(known, each.destination))}")`
        ).join(", ")
      }`,
    );
  }
  return repository;
}
