import type { ReplicaStatus } from "../gateway/domain/replica.ts";
import type { RedisClient } from "../gateway/redis/client.ts";
import { parseReplication, type Replication } from "../gateway/redis/replication.ts";

/** How often Redis is asked; by itself, never for a request. */
const ASK_EVERY_MS = 5000;

type Clock = {
  /** milliseconds that only grow */
  readonly now: () => number;
  /** Calls `what` again and again; returns what ends it. */
  readonly every: (milliseconds: number, what: () => void) => () => void;
};

const CLOCK: Clock = {
  now: () => performance.now(),
  every(milliseconds, what) {
    const timer = setInterval(what, milliseconds);
    return () => clearInterval(timer);
  },
};

/**
 * How long ago the leader was last heard by the Redis server that is read here, and whether that is recent enough for
 * restore grants.
 *
 * When the leader was heard is remembered from when the link was seen up: a link that is down tells only when it was given
 * up, which for a silent leader is a minute later, and would make old facts young again. It is remembered no longer than
 * the connection: behind a new one there may be a server that was started with older data. So a link that was never seen up
 * over this connection is stale.
 */
export class ReplicaLink {
  readonly #client: RedisClient;
  readonly #maxMs: number;
  readonly #clock: Clock;
  #said: Replication | undefined;
  #trouble = "it was not asked yet";
  #heardAt = -Infinity;
  /** which connection it is: a reply over an earlier one says nothing */
  #epoch = 0;
  #stop: () => void = () => {};

  /** `maxSeconds`: AUTHZ_MAX_REPLICA_LAG; with 0 only the leader's own server is believed. */
  constructor(client: RedisClient, maxSeconds: number, clock: Clock = CLOCK) {
    this.#client = client;
    this.#maxMs = maxSeconds * 1000;
    this.#clock = clock;
    const forget = (): void => {
      this.#epoch++;
      this.#said = undefined;
      this.#trouble = "it was not asked yet";
      this.#heardAt = -Infinity;
    };
    client.on("ready", () => {
      forget();
      void this.#ask();
    });
    for (const event of ["error", "end", "reconnecting"] as const) client.on(event, forget);
  }

  start(): void {
    this.#stop = this.#clock.every(ASK_EVERY_MS, () => void this.#ask());
  }

  stop(): void {
    this.#stop();
  }

  /** Whether what is read here about restore grants is recent enough to be believed. */
  get recent(): boolean {
    if (this.#said === undefined) return false;
    return this.#said.role === "leader" || this.#clock.now() - this.#heardAt < this.#maxMs;
  }

  status(): ReplicaStatus {
    const said = this.#said;
    const common = {
      maxSeconds: this.#maxMs / 1000,
      restoreGrants: this.recent ? "in-force" as const : "refused" as const,
    };
    if (said === undefined) return { role: "unknown", ...common, because: this.#trouble };
    if (said.role === "leader") return { role: "leader", ...common };
    const heard = this.#heardAt === -Infinity
      ? {}
      : { heardSecondsAgo: Math.floor((this.#clock.now() - this.#heardAt) / 1000) };
    const because = why(said, heard.heardSecondsAgo, this.recent);
    return {
      role: "replica",
      link: said.link,
      ...heard,
      ...common,
      ...because === undefined ? {} : { because },
    };
  }

  async #ask(): Promise<void> {
    if (!this.#client.isReady) return;
    const epoch = this.#epoch;
    const asked = this.#clock.now();
    let said: Replication | undefined;
    let trouble = "INFO replication does not say how it stands to a leader";
    try {
      said = parseReplication(String(await this.#client.send("INFO", "replication")));
    } catch (error) {
      trouble = `INFO replication is refused: ${(error as Error).message}`;
    }
    if (epoch !== this.#epoch) return;
    this.#said = said;
    this.#trouble = trouble;
    if (said?.role === "leader") this.#heardAt = asked;
    if (said?.role === "replica" && said.link === "up") {
      this.#heardAt = Math.max(this.#heardAt, asked - said.heardSecondsAgo * 1000);
    }
  }
}

function why(
  said: Replication & { role: "replica" },
  heardSecondsAgo: number | undefined,
  recent: boolean,
): string | undefined {
  if (said.link === "up") return recent ? undefined : `the leader is silent for ${heardSecondsAgo} s`;
  const since = heardSecondsAgo === undefined
    ? "the leader was not heard since the sidecar connected"
    : `the leader was last heard ${heardSecondsAgo} s ago`;
  return `its link to the leader is down${
    said.syncing ? ", and everything is being copied anew" : ""
  }: ${since}`;
}
