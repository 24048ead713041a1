import { appTypeOf } from "../../gateway/domain/app_type.ts";
import { parseUuid } from "../../gateway/domain/uuid.ts";
import { accessTo, type Repository, repositoryName } from "../restic/access.ts";
import type { Run } from "./run.ts";
import type { Asked } from "./snapshot.ts";

/** A module whose backup is made, and its repository as this node opens it. */
export type Subject = {
  readonly module: string;
  readonly repository: Repository;
  /** as Redis keys name it */
  readonly name: string;
  /** under which name this run says that it works on it */
  readonly worker: string;
  readonly asked: Asked;
};

/** The module with its repository; undefined where it has no uuid. */
export function subjectOf(run: Run, module: string): Subject | undefined {
  const { definition, gateway, node, resticPassword, signal, uuids } = run;
  const [appType, moduleUuid] = [appTypeOf(module), parseUuid(uuids[module] ?? "")];
  if (appType === undefined || moduleUuid === undefined) return undefined;
  const repository: Repository = { destination: definition.destination, path: { appType, moduleUuid } };
  return {
    module,
    repository,
    name: repositoryName(repository),
    worker: `${node}.${definition.id}`,
    asked: {
      access: accessTo(gateway.url, repository, gateway.credentials, resticPassword),
      // A cache of the node's own: what is in a module's is the module's word.
      cache: `restic-node-${definition.destination}-${moduleUuid}`,
      signal,
    },
  };
}
