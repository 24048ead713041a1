import type { DesiredState } from "./domain/destination.ts";
import { knownNodes } from "./nodes.ts";
import { AUTHZ_SOCKET, LOCAL_REPOSITORIES } from "./paths.ts";
import type { RedisClient } from "./redis/client.ts";
import { desiredState } from "./redis/desired_state.ts";
import { lost } from "./redis/lost.ts";
import { readStoredState } from "./redis/stored_state.ts";
import type { Settings } from "./settings.ts";

const STARTING_MS = 2000;

/**
 * Reads from Redis what this node should serve: undefined where there is no connection to ask over. Throws where it cannot be
 * read, where there is no account either (what is not there then, as on a replica that is still empty, is not unknown), or
 * where what was served `before` is gone by what looks like a mistake.
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
    const known = await patiently(nodes);
    const stored = await readStoredState(redis, nodeId, known);
    const mistake = await lost(redis, stored, before().destinations.map(({ id }) => id));
    if (mistake !== undefined) throw new Error(mistake);
    return desiredState(stored, { nodeId, clusterNetwork, localFolder: LOCAL_REPOSITORIES });
  };
}

/** The sidecar starts at the same time, and that is nothing to tell of. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const until = performance.now() + STARTING_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
