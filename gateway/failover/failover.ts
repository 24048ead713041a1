import type { Peer } from "../domain/peer.ts";
import type { Uuid } from "../domain/uuid.ts";

/** How often a node over which requests go is asked whether it still can, in milliseconds. */
const CHECK_EVERY_MS = 3000;
/** The pauses between two searches for a node that can, where none could. */
const SEARCH_FIRST_MS = 2000;
const SEARCH_LONGEST_MS = 60_000;
/** How many nodes one search asks: enough to find one, and not so many that a storage that all have lost is hammered. */
const MOST_ASKED = 4;

/** What failover works with. */
export type FailoverParts = {
  /** the other nodes, those to be asked first at the beginning */
  readonly peers: () => readonly Peer[];
  /** the destinations that this node cannot reach now */
  readonly failing: () => readonly Uuid[];
  /** whether a node's gateway can reach a destination; false where it does not answer, too */
  readonly asks: (peer: Peer, destination: Uuid) => Promise<boolean>;
  /** makes HAProxy pass local clients' requests on to these, and to nobody else */
  readonly route: (routes: ReadonlyMap<Uuid, Peer>) => Promise<void>;
  /** ends what is under way to a destination that is reached over another node now */
  readonly cut: (destination: Uuid) => Promise<void>;
  readonly log: (message: string) => void;
  /** milliseconds, growing */
  readonly now: () => number;
};

type Way = { peer: Peer | undefined; askAt: number; pause: number; turn: number; cut: boolean };

/**
 * Ways over other nodes for destinations that this one cannot reach: the first node in order that can. One that no longer
 * can is left for the next, and all of them as soon as this node can again.
 */
export class Failover {
  readonly #ways = new Map<Uuid, Way>();
  #known = "";
  #looking: Promise<void> | undefined;

  constructor(private readonly parts: FailoverParts) {}

  /** The node over which a destination's requests go now; undefined: none, they stay here. */
  over(destination: Uuid): Peer | undefined {
    return this.#ways.get(destination)?.peer;
  }

  /** Looks after everything once; to be called every second or so. One look at a time. */
  look(): Promise<void> {
    return this.#looking ??= this.#look().finally(() => this.#looking = undefined);
  }

  async #look(): Promise<void> {
    const failing = new Set(this.parts.failing());
    for (const [destination, { peer }] of this.#ways) {
      if (failing.has(destination)) continue;
      this.#ways.delete(destination);
      if (peer !== undefined) {
        this.parts.log(`${destination}: reached from here again, no more over node ${peer.node}`);
      }
    }
    const now = this.parts.now();
    await this.#seeNodes(now);
    await Promise.all([...failing].map(async (destination) => {
      let way = this.#ways.get(destination);
      if (way === undefined) {
        way = { peer: undefined, askAt: now, pause: SEARCH_FIRST_MS, turn: 0, cut: false };
        this.#ways.set(destination, way);
      }
      if (way.askAt <= now) await this.#find(destination, way);
    }));
    // Each time: HAProxy forgets it with a reload.
    await this.#route();
    for (const [destination, way] of this.#ways) {
      if (way.peer === undefined || way.cut) continue;
      way.cut = true;
      await this.parts.cut(destination);
    }
  }

  /**
   * Where nodes have come or gone, or have another address now: leaves those that are not there any more before anybody is
   * asked, since credentials go there; and whoever is new may be the one that reaches it.
   */
  async #seeNodes(now: number): Promise<void> {
    const peers = this.parts.peers();
    const known = JSON.stringify(peers);
    if (known === this.#known) return;
    this.#known = known;
    for (const [destination, way] of this.#ways) {
      const { peer } = way;
      if (peer !== undefined) {
        if (peers.some(({ node, address }) => node === peer.node && address === peer.address)) continue;
        this.parts.log(
          `${destination}: node ${peer.node} is no more at ${peer.address}: nothing goes over it`,
        );
        way.peer = undefined;
      }
      way.askAt = now;
      way.pause = SEARCH_FIRST_MS;
    }
    await this.#route();
  }

  #route(): Promise<void> {
    return this.parts.route(
      new Map([...this.#ways].flatMap(([id, { peer }]) => peer === undefined ? [] : [[id, peer] as const])),
    );
  }

  async #find(destination: Uuid, way: Way): Promise<void> {
    const peers = this.parts.peers();
    const before = way.peer;
    if (before !== undefined && await this.parts.asks(before, destination)) {
      way.askAt = this.parts.now() + CHECK_EVERY_MS;
      return;
    }
    // Of many nodes each search asks others; the first ones in order, the leader's among them, each time.
    const [first, ...others] = peers;
    const from = others.length === 0 ? 0 : way.turn * (MOST_ASKED - 1) % others.length;
    const asked = [
      ...(first === undefined ? [] : [first]),
      ...[...others.slice(from), ...others.slice(0, from)].slice(0, MOST_ASKED - 1),
    ];
    const can = await Promise.all(asked.map((peer) => this.parts.asks(peer, destination)));
    const found = asked.find((_, index) => can[index]);
    way.turn++;
    way.peer = found;
    way.pause = found === undefined ? Math.min(2 * way.pause, SEARCH_LONGEST_MS) : SEARCH_FIRST_MS;
    way.askAt = this.parts.now() + (found === undefined ? way.pause : CHECK_EVERY_MS);
    if (found?.node === before?.node) return;
    this.parts.log(
      found === undefined
        ? `${destination}: no other node that was asked (${names(asked)}) reaches it any more`
        : `${destination}: requests of this node's clients go over node ${found.node}`,
    );
  }
}

function names(peers: readonly Peer[]): string {
  return peers.map(({ node }) => node).join(", ");
}
