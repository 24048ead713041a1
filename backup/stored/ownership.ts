import type { Uuid } from "../../gateway/domain/uuid.ts";
import type { StoredRepository } from "./survey.ts";

/** Whose a repository is, as far as this cluster knows. */
export type Ownership = {
  /** the installed modules that have its uuid, each an id such as `dokuwiki1` */
  readonly installed: readonly string[];
  /** whether this cluster wrote it: undefined where nothing says so */
  readonly ownCluster: boolean | undefined;
};

/** `modules`: `cluster/module_uuid`; `cluster`: `cluster/uuid`. An installed module is this cluster's, whatever a manifest says. */
export function ownership(
  { path, manifest }: StoredRepository,
  modules: Readonly<Record<string, string>>,
  cluster: Uuid | undefined,
): Ownership {
  const installed = Object.keys(modules).filter((id) => modules[id] === path.moduleUuid).sort();
  if (installed.length > 0) return { installed, ownCluster: true };
  const said = manifest?.cluster;
  return {
    installed,
    ownCluster: said === undefined || cluster === undefined ? undefined : said === cluster,
  };
}
