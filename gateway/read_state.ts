import type { DesiredState } from "./domain/destination.ts";
import { knownNodes } from "./nodes.ts";
import { AUTHZ_SOCKET, LOCAL_REPOSITORIES } from "./paths.ts";
import type { RedisClient } from "./redis/client.ts";
import { desiredState } from "./redis/desired_state.ts";
import { lost } from "./redis/lost.ts";
import { readStoredState } from "./redis/stored_state.ts";
import type { Settings } from "./settings.ts";

/** How long the sidecar, which starts at the same time, is waited for after this process has begun. */
const STARTING_MS = 3000;

/**
 * Reads from Redis what this node should serve: undefined where there is no connection to ask over. Throws where it cannot be
 * read, or where what was served `before` is gone by what looks like a mistake.
 */
export function stateReader(
  redis: RedisClient,
  settings: Pick<Settings, "nodeId" | "clusterNetwork">,
  before: () => DesiredState,
): () => Promise<DesiredState | undefined> {
  const { nodeId, clusterNetwork } = settings;
  const nodes = knownNodes(AUTHZ_SOCKET);
  return async () => {
    if (!redis.isReady) return undefined;
    // First: where accounts are there, all that is read after them is, too.
    let known = await nodes();
    while (known === undefined && performance.now() < STARTING_MS) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      known = await nodes();
    }
    const stored = await readStoredState(redis, nodeId, known);
    const mistake = await lost(redis, stored, before().destinations.map(({ id }) => id));
    if (mistake !== undefined) throw new Error(mistake);
    return desiredState(stored, { nodeId, clusterNetwork, localFolder: LOCAL_REPOSITORIES });
  };
}
