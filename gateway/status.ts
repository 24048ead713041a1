import type { DesiredState } from "./domain/destination.ts";
import type { DestinationStatus } from "./health.ts";
import type { InstanceState } from "./rclone/instances.ts";
import type { Bundle } from "./render/bundle.ts";

/** How each destination is, from what should run, what does, and the state of its rclone (by instance). */
export function destinationStatuses(
  desired: DesiredState,
  bundle: Bundle,
  stateOf: (instance: string) => InstanceState,
): DestinationStatus[] {
  const instances = new Map(bundle.instances.map(({ destination, name }) => [destination, name]));
  return desired.destinations.map(({ id, name, provider }) => {
    const known = { id, name, provider };
    const because = bundle.notServed.get(id);
    if (because !== undefined) return { ...known, state: "not-served", because };
    const instance = instances.get(id);
    const now: InstanceState = instance === undefined ? { kind: "idle" } : stateOf(instance);
    return now.kind === "failing"
      ? {
        ...known,
        state: now.kind,
        because: now.because,
        since: new Date(now.since).toISOString(),
        retryAt: new Date(now.retryAt).toISOString(),
      }
      : { ...known, state: now.kind };
  });
}
