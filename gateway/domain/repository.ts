import type { AppType } from "./app_type.ts";
import type { Uuid } from "./uuid.ts";

/** Where a repository is inside a destination: `<app type>/<module uuid>`. */
export type RepositoryPath = { readonly appType: AppType; readonly moduleUuid: Uuid };

/** The path as it stands in URLs and on the storage. */
export function formatRepositoryPath(repository: RepositoryPath): string {
  return `${repository.appType}/${repository.moduleUuid}`;
}

/** Whether both are the same place. */
export function sameRepository(a: RepositoryPath, b: RepositoryPath): boolean {
  return a.appType === b.appType && a.moduleUuid === b.moduleUuid;
}
