import { setMap } from "./apply/failover_map.ts";
import { cutRequests, requestsInFlight } from "./apply/requests_in_flight.ts";
import { SERVERS } from "./domain/decision.ts";
import { Silence } from "./failover/silence.ts";
import type { DesiredState } from "./domain/destination.ts";
import type { Reach } from "./control_app.ts";
import type { AskPeer } from "./failover/ask_peer.ts";
import { Failover } from "./failover/failover.ts";
import { reaches } from "./failover/reach.ts";
import { FAILOVER_MAP, HAPROXY_ADMIN_SOCKET } from "./paths.ts";
import type { Instances } from "./rclone/instances.ts";
import { type Bundle, type Instance, peerName } from "./render/bundle.ts";
import type { Storages } from "./storages.ts";

export const LOOK_FOR_WAYS_EVERY_MS = 1000;
/** Longer than a node takes to say that a storage is silent (failover/reach.ts). */
const REACH_WITHIN_MS = 8000;

/** Ways over other nodes, looked for once in a call, and what this one tells them. Without `ask` no other node is asked. */
export function ways(
  instances: Instances,
  { answers, troubles }: Pick<Storages, "answers" | "troubles">,
  parts: {
    readonly ask: AskPeer | undefined;
    readonly state: () => DesiredState;
    readonly bundle: () => Bundle;
    readonly log: (message: string) => void;
  },
): {
  lookForWays: () => Promise<void>;
  lookForSilence: () => Promise<void>;
  over: Failover["over"];
  reach: ReturnType<typeof reaches>;
} {
  const { ask, state, bundle, log } = parts;
  const troubleOf = (instance: string): string | undefined => {
    const now = instances.state(instance);
    return now.kind === "failing" ? now.because : troubles.of(instance)?.because;
  };
  const instanceOf = (destination: string): string | undefined =>
    bundle().instances.find((each) => each.destination === destination)?.name;
  const silence = new Silence({ inFlight: () => requestsInFlight(HAPROXY_ADMIN_SOCKET), answers });
  const failing = ({ name, localFolder }: Instance): boolean =>
    localFolder === undefined && (troubleOf(name) !== undefined || silence.has(name));
  let routed = false;
  const failover = new Failover({
    // HAProxy knows one only after the reload that brings it.
    peers: () => state().peers.filter(({ address }) => bundle().peers.has(address)),
    failing: () =>
      ask === undefined ? [] : bundle().instances.filter(failing).map(({ destination }) => destination),
    async asks(peer, destination) {
      if (ask === undefined) return false;
      const said = await ask(peer, `destinations/${destination}`, REACH_WITHIN_MS).catch(() => undefined);
      return (said as Reach | undefined)?.reachable === true;
    },
    async route(routes) {
      if (!routed && routes.size === 0) return;
      await setMap(
        HAPROXY_ADMIN_SOCKET,
        FAILOVER_MAP,
        new Map([...routes].map(([destination, { address }]) => [destination, peerName(address)])),
      );
      routed = routes.size > 0;
    },
    async cut(destination) {
      const instance = instanceOf(destination);
      if (instance !== undefined) await cutRequests(HAPROXY_ADMIN_SOCKET, instance, SERVERS);
    },
    log,
    now: () => performance.now(),
  });
  const reach = reaches({
    instance: instanceOf,
    trouble: troubleOf,
    answers,
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
    // Without HAProxy nothing is under way.
    lookForSilence: () => silence.look().catch(() => {}),
    over: (destination) => failover.over(destination),
    reach,
  };
}
