import { eventually } from "./eventually.ts";
import { type Container, IMAGES, makeFolder, startContainer } from "./podman.ts";
import { CLUSTER, type TestRedis } from "./redis.ts";

/** A real sentinel that watches a leader alone: what it says of it is enough. `address` is `host:port`. */
export type Sentinel = AsyncDisposable & {
  readonly container: Container;
  readonly address: string;
  readonly password: string;
};

/** It takes a leader that was silent for a second for dead, and knows its replicas when this returns. */
export async function startSentinel(leader: TestRedis, replicas: number): Promise<Sentinel> {
  const [port, password] = [26379, "redis-password-of-the-sentinel-91b3"];
  const folder = makeFolder();
  const file = `${folder.path}/sentinel.conf`;
  // It writes what it learns into its configuration, and for that into its folder.
  await Deno.writeTextFile(
    file,
    [
      "bind 127.0.0.1",
      `port ${port}`,
      `requirepass ${password}`,
      `sentinel monitor mymaster ${leader.address.replace(":", " ")} 1`,
      `sentinel auth-user mymaster ${CLUSTER.user}`,
      `sentinel auth-pass mymaster ${CLUSTER.password}`,
      "sentinel down-after-milliseconds mymaster 1000",
      "sentinel failover-timeout mymaster 5000",
      "",
    ].join("\n"),
  );
  for (const [path, mode] of [[folder.path, 0o777], [file, 0o666]] as const) Deno.chmodSync(path, mode);
  const container = await startContainer("sentinel", IMAGES.redis, ["--volume", `${folder.path}:/conf`], [
    "redis-server",
    "/conf/sentinel.conf",
    "--sentinel",
  ]);
  try {
    await eventually(
      "it knows the replicas",
      async () => (await container.logs()).match(/\+slave slave /g)?.length === replicas,
    );
  } catch (error) {
    console.error(await container.logs());
    await container[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
    throw error;
  }
  return {
    container,
    address: `127.0.0.1:${port}`,
    password,
    async [Symbol.asyncDispose]() {
      await container[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}
