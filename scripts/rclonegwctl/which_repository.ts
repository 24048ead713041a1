import { type Repository, repositoryName } from "../../backup/restic/access.ts";
import { whereIs } from "../../backup/stored/which.ts";
import { parseAppType } from "../../gateway/domain/app_type.ts";
import { oneLine } from "../../gateway/domain/node_trial.ts";
import type { RepositoryPath } from "../../gateway/domain/repository.ts";
import { parseUuid } from "../../gateway/domain/uuid.ts";
import type { Redis } from "../../gateway/redis/connection.ts";
import { KEYS } from "../../gateway/redis/keys.ts";
import { type AsNode, davOf } from "./as_node.ts";
import { invalid } from "./failure.ts";
import { destinationName, destinationsMeant, type Known } from "./known.ts";
import { findModule } from "./module.ts";

const REQUEST_MS = 60_000;

/** What somebody says of the repositories that they mean. */
export type Meant = {
  readonly module?: string;
  readonly destination?: string;
  readonly repopath?: string;
  readonly backup?: string;
};

/** The path that they mean, and the destination if it is one only; ends the command where that cannot be told. */
export async function pathMeant(
  redis: Redis,
  { module, destination, repopath, backup }: Meant,
): Promise<{ readonly path: RepositoryPath; readonly destination: string | undefined }> {
  const problems: string[] = [];
  if ((module === undefined) === (repopath === undefined)) {
    problems.push("give either --module or --repopath");
  }
  if (repopath !== undefined && destination === undefined) problems.push("--repopath needs --destination");
  if (backup !== undefined && destination !== undefined) {
    problems.push("--backup says the destination: leave --destination out");
  }
  const path = repopath === undefined ? undefined : parseRepopath(repopath);
  if (repopath !== undefined && path === undefined) {
    problems.push(`--repopath ${repopath} is no <app type>/<module uuid>`);
  }
  if (problems.length > 0) invalid(`Cannot tell which repository: ${problems.join("; ")}`);
  const of = backup === undefined ? destination : await redis.hGet(KEYS.backup(backup), "repository");
  if (of === null) invalid(`Cannot tell which repository: there is no backup ${backup}`);
  return { path: path ?? await modulePath(redis, module ?? ""), destination: of };
}

/** The path of an installed module's repository. */
export async function modulePath(redis: Redis, module: string): Promise<RepositoryPath> {
  const { uuid, appTypes: [appType, other] } = await findModule(redis, module);
  if (appType === undefined || other !== undefined) {
    invalid(
      `Cannot tell of which app type ${uuid} is: no installed module has it. "rclonegwctl repositories" shows where it is ` +
        `stored: give --destination and --repopath`,
    );
  }
  return { appType, moduleUuid: uuid };
}

function parseRepopath(text: string): RepositoryPath | undefined {
  const [type = "", uuid = "", ...rest] = text.split("/");
  const [appType, moduleUuid] = [parseAppType(type), parseUuid(uuid)];
  return appType === undefined || moduleUuid === undefined || rest.length > 0
    ? undefined
    : { appType, moduleUuid };
}

/** Where that repository is, and what could not be looked at, in words. */
export async function repositoriesAt(
  as: AsNode,
  known: Known,
  path: RepositoryPath,
  destination: string | undefined,
): Promise<{ readonly repositories: readonly Repository[]; readonly problems: readonly string[] }> {
  const { on, failed } = await whereIs(davOf(as, REQUEST_MS), path, destinationsMeant(known, destination));
  return {
    repositories: on.map((destination) => ({ destination, path })),
    problems: failed.map(({ destination, because }) =>
      `${oneLine(destinationName(known, destination))} (${
        repositoryName({ destination, path })
      }) cannot be looked at: ${because}`
    ),
  };
}
