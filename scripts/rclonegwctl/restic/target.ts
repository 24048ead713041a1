import type { Repository } from "../../../backup/restic/access.ts";
import { parseAppType } from "../../../gateway/domain/app_type.ts";
import { type ModuleIdentity, parseIdentity } from "../../../gateway/domain/identity.ts";
import type { RepositoryPath } from "../../../gateway/domain/repository.ts";
import { parseUuid } from "../../../gateway/domain/uuid.ts";
import type { Overview } from "./overview.ts";

/** Which repository is meant, as it was given. */
export type ResticOptions = {
  readonly module?: string;
  readonly backup?: string;
  readonly destination?: string;
  readonly repopath?: string;
};

/** The repository, the password of its destination, and the module that was named. */
export type Target = {
  readonly repository: Repository;
  readonly password: string;
  readonly module: ModuleIdentity | undefined;
};

/** The repository that is meant, or everything that speaks against there being one. Pure. */
export function target(
  options: ResticOptions,
  overview: Overview,
): Target | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const problem = (text: string): undefined => {
    problems.push(text);
  };
  const { module: text, backup, repopath } = options;
  if (text !== undefined && repopath !== undefined) {
    problem("--module and --repopath both name the repository: give one");
  }
  if (text === undefined && repopath === undefined) problem("which repository: give --module, or --repopath");
  if (backup !== undefined && options.destination !== undefined) {
    problem("--backup and --destination both name the destination: give one");
  }
  const module = text === undefined ? undefined : parseModule(text);
  if (text !== undefined && module === undefined) {
    problem(`--module ${text} is no module's id, such as dokuwiki1`);
  }
  const path = repopath !== undefined
    ? parsePath(repopath) ?? problem(`--repopath ${repopath} is not <app type>/<module uuid>`)
    : module === undefined
    ? undefined
    : pathOf(module, overview) ?? problem(`${module.name} has no uuid in this cluster: give --repopath`);
  const destination = destinationOf(options, module, overview, problem);
  const known = overview.destinations.find(({ id }) => id === destination);
  if (destination !== undefined && known === undefined) problem(`there is no destination ${destination}`);
  if (known !== undefined && !known.password) problem(`destination ${destination} has no restic password`);
  const uuid = parseUuid(destination ?? "");
  if (uuid === undefined || path === undefined || !known?.password || problems.length > 0) {
    return { problems };
  }
  return { repository: { destination: uuid, path }, password: known.password, module };
}

function destinationOf(
  { backup, destination }: ResticOptions,
  module: ModuleIdentity | undefined,
  { backups }: Overview,
  problem: (text: string) => undefined,
): string | undefined {
  if (destination !== undefined) return destination;
  if (backup !== undefined) {
    return backups.find(({ id }) => id === backup)?.destination ?? problem(`there is no backup ${backup}`);
  }
  if (module === undefined) return problem("which destination: give --destination, or --backup");
  const its = backups.filter(({ modules }) => modules.includes(module.id));
  const destinations = new Set(its.map(({ destination }) => destination));
  if (destinations.size === 1) return its[0]?.destination;
  return its.length === 0
    ? problem(`${module.name} is part of no backup: give --destination`)
    : problem(`${module.name} is part of the backups ${its.map(({ id }) => id).join(", ")}: give --backup`);
}

function parseModule(text: string): ModuleIdentity | undefined {
  const identity = parseIdentity(text.startsWith("module/") ? text : `module/${text}`);
  return identity?.kind === "module" ? identity : undefined;
}

function parsePath(text: string): RepositoryPath | undefined {
  const [type = "", id = "", ...more] = text.replace(/\/$/, "").split("/");
  const [appType, moduleUuid] = [parseAppType(type), parseUuid(id)];
  if (appType === undefined || moduleUuid === undefined || more.length > 0) return undefined;
  return { appType, moduleUuid };
}

function pathOf(module: ModuleIdentity, { uuids }: Overview): RepositoryPath | undefined {
  const moduleUuid = parseUuid(uuids[module.id] ?? "");
  return moduleUuid === undefined ? undefined : { appType: module.appType, moduleUuid };
}
