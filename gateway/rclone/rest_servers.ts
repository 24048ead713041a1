import type { Instances } from "./instances.ts";
import { type RestServer, restServer } from "./rest_server.ts";

/**
 * How long a storage may take to answer a lookup, in milliseconds. Longer than a client waits: restic gives a request
 * without progress up after five minutes, and a storage that takes four must not be cut here. keeper.lua waits longer.
 */
const LOOKUP_TIMEOUT_MS = 6 * 60_000;

/** An instance's REST server, started if it has to be; undefined where it cannot be had now. */
export function restServers(
  instances: Pick<Instances, "ready" | "socket" | "state">,
): (instance: string, which: "rest-append" | "rest-full") => Promise<RestServer | undefined> {
  return async (instance, which) => {
    // What serves is not asked whether it does: many lookups at once would wait for one another.
    const state = instances.state(instance);
    const serves = state.kind === "serving" && state.servers.includes(which);
    return serves || (await instances.ready(instance, which)).kind === "ready"
      ? restServer(instances.socket(instance, which), LOOKUP_TIMEOUT_MS)
      : undefined;
  };
}
