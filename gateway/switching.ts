import { applyBundle, type HaproxyPaths } from "./apply/apply_bundle.ts";
import { oldWorkers } from "./apply/haproxy.ts";
import { reloadWait } from "./apply/reload_pace.ts";
import { BUNDLES, CURRENT, HAPROXY_MASTER_SOCKET, HOME } from "./paths.ts";
import type { Instances } from "./rclone/instances.ts";
import { Retirement } from "./rclone/retirement.ts";
import type { ReconcilerParts } from "./reconciler.ts";

const PATHS: HaproxyPaths = {
  base: `${HOME}/gateway/haproxy/base.cfg`,
  bundles: BUNDLES,
  current: CURRENT,
  masterSocket: HAPROXY_MASTER_SOCKET,
};

/**
 * How HAProxy and rclone go over to another configuration: first rclone's instances are known, then HAProxy is switched
 * and confirmed, and what only earlier configurations name ends once no worker is left that has them. `strays` are
 * instances that an earlier life of the controller has left running.
 */
export function switching(
  instances: Instances,
  strays: ReadonlySet<string>,
): Pick<ReconcilerParts, "prepare" | "wait" | "apply" | "settle"> {
  const retirement = new Retirement();
  retirement.applied(strays);
  let sequence = Date.now();
  let reloaded = -Infinity;
  return {
    prepare: (candidate) => instances.adopt(candidate.instances),
    async wait() {
      const old = await oldWorkers(PATHS.masterSocket).catch(() => []);
      return reloadWait(old.length, performance.now() - reloaded);
    },
    async apply(candidate) {
      const problem = await applyBundle(PATHS, String(++sequence), candidate);
      if (problem !== undefined) return problem;
      reloaded = performance.now();
      retirement.applied(candidate.instances.map(({ name }) => name));
      return undefined;
    },
    async settle() {
      const old = await oldWorkers(PATHS.masterSocket).catch(() => undefined);
      if (old !== undefined) await instances.retire(retirement.keep(old));
    },
  };
}
