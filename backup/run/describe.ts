import { KEYS } from "../../gateway/redis/keys.ts";
import type { Manifest } from "./manifest.ts";
import { now, type Run } from "./run.ts";
import type { Subject } from "./subject.ts";

/** The manifest of a module's repository after this run. */
export async function describe(
  { replica, fqdn }: Run,
  { module, repository }: Subject,
  success: boolean,
): Promise<Manifest> {
  const [name, cluster] = await Promise.all([
    replica.get(KEYS.moduleUiName(module)),
    replica.get(KEYS.clusterUuid),
  ]);
  return {
    module_id: module,
    module_ui_name: name ?? "",
    node_fqdn: fqdn,
    cluster_uuid: cluster ?? "",
    uuid: repository.path.moduleUuid,
    timestamp: now(),
    success,
  };
}
