import type { Bundle } from "../render/bundle.ts";
import { checkCandidate, reloadHaproxy } from "./haproxy.ts";
import { switchLink, writeBundle } from "./write_bundle.ts";

/** Where HAProxy's configuration is. */
export type HaproxyPaths = {
  /** base.cfg */
  readonly base: string;
  /** the folder of all bundles */
  readonly bundles: string;
  /** the link to the one that is in force */
  readonly current: string;
  readonly masterSocket: string;
};

/**
 * Makes HAProxy run with a candidate: writes it, asks HAProxy, switches, reloads, and confirms. `name` is the new
 * folder's. Returns why HAProxy does not run with it; then it runs with what it had before, and nothing is left of it.
 */
export async function applyBundle(
  paths: HaproxyPaths,
  name: string,
  candidate: Bundle,
): Promise<string | undefined> {
  const before = await Deno.readLink(paths.current);
  const path = await writeBundle(paths.bundles, name, candidate);
  const objection = await checkCandidate(paths.base, path);
  if (objection !== undefined) {
    await Deno.remove(path, { recursive: true });
    return `HAProxy refuses it: ${objection}`;
  }
  await switchLink(paths.current, path);
  const failure = await reloadHaproxy(paths.masterSocket).catch((error) => (error as Error).message);
  if (failure !== undefined) {
    await switchLink(paths.current, before);
    await Deno.remove(path, { recursive: true });
    return `HAProxy's reload failed: ${failure}`;
  }
  await Deno.remove(before, { recursive: true });
  return undefined;
}
