import { KEYS } from "../../gateway/redis/keys.ts";
import type { Sends } from "./leader.ts";

const LIVES_S = 120;
const RENEWED_MS = 30_000;

/**
 * Tells the cluster that somebody works on a repository, until the end of the scope, and two minutes after a death without one.
 * `repository` is its name ({@link repositoryName}), `worker` a node's number, or `<node>.<backup>`: a worker that comes back under its
 * own name finds nobody but others. While the leader is away nobody is told.
 */
export async function keepAlive(redis: Sends, repository: string, worker: string): Promise<AsyncDisposable> {
  const key = KEYS.run(repository, worker);
  const renew = async (): Promise<void> => {
    await redis.sendCommand(["SET", key, String(Math.floor(Date.now() / 1000)), "EX", String(LIVES_S)]).catch(
      () => {},
    );
  };
  let renewing = renew();
  await renewing;
  const timer = setInterval(() => renewing = renew(), RENEWED_MS);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await renewing;
      await redis.sendCommand(["DEL", key]).catch(() => {});
    },
  };
}

/** Whether anybody else works on a repository right now. Throws where that cannot be told: see {@link keepAlive}. */
export async function aliveElsewhere(redis: Sends, repository: string, worker: string): Promise<boolean> {
  let cursor = "0";
  // Bounded by the number of keys: Redis ends a walk over them.
  do {
    const pattern = KEYS.run(repository, "*");
    const answer = await redis.sendCommand(["SCAN", cursor, "MATCH", pattern, "COUNT", "1000"]);
    if (!Array.isArray(answer) || !Array.isArray(answer[1])) {
      throw new Error("Cannot read Redis's answer to SCAN");
    }
    if (answer[1].some((key) => String(key) !== KEYS.run(repository, worker))) return true;
    cursor = String(answer[0]);
  } while (cursor !== "0");
  return false;
}
