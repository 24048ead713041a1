import { setMap } from "./apply/failover_map.ts";
import type { DesiredState } from "./domain/destination.ts";
import { askPeer } from "./failover/ask_peer.ts";
import { Failover } from "./failover/failover.ts";
import { reaches } from "./failover/reach.ts";
import { FAILOVER_MAP, HAPROXY_ADMIN_SOCKET } from "./paths.ts";
import type { Instances } from "./rclone/instances.ts";
import { type Bundle, peerName } from "./render/bundle.ts";
import type { Storages } from "./storages.ts";

/** Ways over other nodes, looked for once in a call, and what this one tells them. `password` is this node's own; without it no other node is asked. */
export function ways(instances: Instances, { look, troubles }: Pick<Storages, "look" | "troubles">, parts: {
  readonly node: string;
  readonly password: string | undefined;
  readonly state: () => DesiredState;
  readonly bundle: () => Bundle;
  readonly log: (message: string) => void;
}): { lookForWays: () => Promise<void>; over: Failover["over"]; reach: ReturnType<typeof reaches> } {
  const { node, password, state, bundle, log } = parts;
  const troubleOf = (instance: string): string | undefined => {
    const now = instances.state(instance);
    return now.kind === "failing" ? now.because : troubles.of(instance)?.because;
  };
  let routed = false;
  const failover = new Failover({
    peers: () => state().peers,
    failing: () =>
      password === undefined
        ? []
        : bundle().instances.filter(({ name, localFolder }) =>
          localFolder === undefined && troubleOf(name) !== undefined
        )
          .map(({ destination }) => destination),
    asks: askPeer(`node/${node}`, password ?? ""),
    async route(routes) {
      if (!routed && routes.size === 0) return;
      await setMap(
        HAPROXY_ADMIN_SOCKET,
        FAILOVER_MAP,
        new Map([...routes].map(([destination, { address }]) => [destination, peerName(address)])),
      );
      routed = routes.size > 0;
    },
    log,
    now: () => performance.now(),
  });
  const reach = reaches({
    instance: (destination) => bundle().instances.find((each) => each.destination === destination)?.name,
    trouble: troubleOf,
    answers: async (instance) =>
      await look(instance, `/${instance.split(".")[0]}/gateway/config`) !== "unknown",
    now: () => performance.now(),
  });
  let told: string | undefined;
  return {
    async lookForWays() {
      try {
        await failover.look();
        told = undefined;
      } catch (error) {
        const { message } = error as Error;
        if (message !== told) log(`Cannot tell HAProxy the ways over other nodes: ${message}`);
        told = message;
      }
    },
    over: (destination) => failover.over(destination),
    reach,
  };
}
