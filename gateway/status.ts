import type { DesiredState } from "./domain/destination.ts";
import type { Peer } from "./domain/peer.ts";
import type { Uuid } from "./domain/uuid.ts";
import type { DestinationStatus } from "./health.ts";
import type { InstanceState } from "./rclone/instance_state.ts";
import type { Trouble } from "./rclone/troubles.ts";
import type { Bundle } from "./render/bundle.ts";

/** How each destination is, from what should run, what does, the state of its rclone and of what is behind it. */
export function destinationStatuses(
  desired: DesiredState,
  bundle: Bundle,
  stateOf: (instance: string) => InstanceState,
  troubleOf: (instance: string) => Trouble | undefined,
  over: (destination: Uuid) => Peer | undefined,
): DestinationStatus[] {
  const instances = new Map(bundle.instances.map(({ destination, name }) => [destination, name]));
  return desired.destinations.map(({ id, name, provider }) => {
    const known = { id, name, provider };
    const because = bundle.notServed.get(id);
    if (because !== undefined) return { ...known, state: "not-served", because };
    const address = bundle.elsewhere.get(id);
    if (address !== undefined) {
      return {
        ...known,
        state: "elsewhere",
        because: `it is on the disk of node ${address}, whose gateway serves it`,
      };
    }
    const instance = instances.get(id);
    const now: InstanceState = instance === undefined ? { kind: "idle" } : stateOf(instance);
    const trouble = now.kind === "failing" ? now : instance === undefined ? undefined : troubleOf(instance);
    const peer = over(id);
    const overNode = peer === undefined ? {} : { overNode: peer.node };
    if (trouble !== undefined) {
      const { because } = trouble;
      const [since, retryAt] = [
        new Date(trouble.since).toISOString(),
        new Date(trouble.retryAt).toISOString(),
      ];
      return { ...known, state: "failing", because, ...overNode, since, retryAt };
    }
    // Nothing has failed, since what fell silent ends no request.
    if (peer !== undefined) {
      return { ...known, state: "failing", because: "its storage is silent", ...overNode };
    }
    return { ...known, state: now.kind };
  });
}
