import { type Redis, redisClient } from "../../../gateway/redis/connection.ts";
import { type Container, IMAGES, makeFolder, startContainer } from "./podman.ts";
import { eventually } from "./eventually.ts";

export const REDIS_ADDRESS = "127.0.0.1:6379";
export const REDIS_USER = "node/1";
export const REDIS_PASSWORD = "redis-password-for-tests-4f9a";

/** A real Redis in a container, empty, with a client of its own. */
export type TestRedis = AsyncDisposable & { readonly client: Redis; readonly container: Container };

export async function startRedis(): Promise<TestRedis> {
  const folder = makeFolder();
  // By file, not by command line: the password is a secret in the tests, too, and one test looks for it.
  await Deno.writeTextFile(
    `${folder.path}/redis.conf`,
    `bind 127.0.0.1\nport 6379\nsave ""\nuser default off\nuser ${REDIS_USER} on >${REDIS_PASSWORD} ~* &* +@all\n`,
  );
  Deno.chmodSync(`${folder.path}/redis.conf`, 0o644);
  const container = await startContainer("redis", IMAGES.redis, ["--volume", `${folder.path}:/conf:ro`], [
    "redis-server",
    "/conf/redis.conf",
  ]);
  const client = redisClient({ address: REDIS_ADDRESS, user: REDIS_USER, password: REDIS_PASSWORD });
  client.on("error", () => {/* it is not there yet, or was stopped on purpose */});
  client.connect().catch(() => {});
  await eventually("Redis answers", async () => client.isReady && await client.ping() === "PONG");
  return {
    client,
    container,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await container[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}
