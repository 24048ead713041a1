import { type Redis, redisClient } from "../../../gateway/redis/connection.ts";
import { type Container, IMAGES, makeFolder, startContainer } from "./podman.ts";
import { eventually } from "./eventually.ts";

export const REDIS_ADDRESS = "127.0.0.1:6379";

/** The users of host/redis-users.acl, with the tests' secrets: the gateway and its command run with these. */
export const REDIS_USERS = {
  authz: { user: "gateway-authz", password: "redis-password-of-authz-4f9a" },
  controller: { user: "gateway-controller", password: "redis-password-of-controller-81cd" },
  operator: { user: "gateway-operator", password: "redis-password-of-operator-c27e" },
} as const;
/** Who may do everything: the tests themselves, which play the rest of the cluster. */
const CLUSTER = { user: "cluster", password: "redis-password-of-the-cluster" } as const;

/** As whom a replica copies. */
const REPLICATION = { user: "replication", password: "redis-password-of-replication-93be" } as const;

/** A real Redis in a container, empty, with a client of its own. */
export type TestRedis = AsyncDisposable & {
  readonly client: Redis;
  readonly container: Container;
  readonly address: string;
};

/** `replicaOf`: a replica of that one. `settings`: further lines of its configuration. */
export async function startRedis(options: {
  port?: number;
  replicaOf?: TestRedis;
  settings?: readonly string[];
} = {}): Promise<TestRedis> {
  const { port = 6379, replicaOf, settings = [] } = options;
  const address = `127.0.0.1:${port}`;
  const folder = makeFolder();
  // By file, not by command line: the password is a secret in the tests, too, and one test looks for it.
  await Deno.writeTextFile(
    `${folder.path}/redis.conf`,
    [
      "bind 127.0.0.1",
      `port ${port}`,
      'save ""',
      "user default off",
      `user ${CLUSTER.user} on >${CLUSTER.password} ~* &* +@all`,
      `user ${REPLICATION.user} on >${REPLICATION.password} -@all +psync +replconf +ping`,
      ...documentedUsers(),
      ...replicaOf === undefined ? [] : [
        `replicaof ${replicaOf.address.replace(":", " ")}`,
        `masteruser ${REPLICATION.user}`,
        `masterauth ${REPLICATION.password}`,
      ],
      ...settings,
      "",
    ].join("\n"),
  );
  Deno.chmodSync(`${folder.path}/redis.conf`, 0o644);
  const container = await startContainer("redis", IMAGES.redis, ["--volume", `${folder.path}:/conf:ro`], [
    "redis-server",
    "/conf/redis.conf",
  ]);
  const client = redisClient({ address, ...CLUSTER });
  client.on("error", () => {/* it is not there yet, or was stopped on purpose */});
  client.connect().catch(() => {});
  await eventually("Redis answers", async () => client.isReady && await client.ping() === "PONG");
  return {
    client,
    container,
    address,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await container[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** The lines of host/redis-users.acl, with the tests' secrets in them. */
function documentedUsers(): string[] {
  const lines = Deno.readTextFileSync(new URL("../../../host/redis-users.acl", import.meta.url)).split("\n")
    .filter((line) => line.startsWith("user "));
  return Object.values(REDIS_USERS).map(({ user, password }) => {
    const line = lines.find((line) => line.startsWith(`user ${user} on ><secret> `));
    if (line === undefined) throw new Error(`host/redis-users.acl has no line for ${user}`);
    return line.replace("<secret>", password);
  });
}
