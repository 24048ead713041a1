import type { RepositoryPath } from "./repository.ts";

/** What a module holds at this moment. A node holds everything and needs none of this. */
export type Grants = {
  /** modrepo: its own repository, on every destination; undefined where `cluster/module_uuid` has no entry */
  readonly own: RepositoryPath | undefined;
  /** the repository it may read while a restore grant stands; unknown where what is read of grants may be too old */
  readonly restore: RepositoryPath | "unknown" | undefined;
};

/** Nothing at all: what every error leaves behind. */
export const NO_GRANTS: Grants = { own: undefined, restore: undefined };
