import { type Redis, redisClient } from "../../../gateway/redis/connection.ts";
import { type Container, IMAGES, makeFolder, OWN_NETWORK, startContainer } from "./podman.ts";
import { eventually } from "./eventually.ts";

export const REDIS_ADDRESS = "127.0.0.1:6379";

/** The users of host/redis-users.acl, with the tests' secrets: the gateway and its command run with these. */
export const REDIS_USERS = {
  authz: { user: "gateway-authz", password: "redis-password-of-authz-4f9a" },
  controller: { user: "gateway-controller", password: "redis-password-of-controller-81cd" },
  operator: { user: "gateway-operator", password: "redis-password-of-operator-c27e" },
  backup: { user: "gateway-backup", password: "redis-password-of-backup-90e2" },
} as const;
/** Who may do everything: the tests themselves, which play the rest of the cluster. */
export const CLUSTER = { user: "cluster", password: "redis-password-of-the-cluster" } as const;

/** Who may follow a leader: what Redis's documentation lists for a replica, and nothing else. */
const REPLICA = { user: "replica", password: "redis-password-of-the-replicas-2e60" } as const;
/** The settings with which any Redis here can be made a replica later. */
export const MAY_FOLLOW = [`masteruser ${REPLICA.user}`, `masterauth ${REPLICA.password}`] as const;

/** A node's Redis: on loopback and on the node's address, with files that outlive it. */
export type NodeRedis = { readonly host: string; readonly network: string };

/** A real Redis in a container, empty, with a client of its own. `address` is `host:port`. */
export type TestRedis = AsyncDisposable & {
  readonly client: Redis;
  readonly container: Container;
  readonly address: string;
};

/**
 * On loopback alone and without files, unless it is to be one of a cluster's `node`s. `replicaOf`: a replica of that one.
 * `settings`: further lines of its configuration.
 */
export async function startRedis({ port = 6379, node, replicaOf, settings = [] }: {
  port?: number;
  node?: NodeRedis;
  replicaOf?: TestRedis;
  settings?: readonly string[];
} = {}): Promise<TestRedis> {
  const address = `${node?.host ?? "127.0.0.1"}:${port}`;
  const folder = makeFolder();
  // By file, not by command line: the password is a secret in the tests, too, and one test looks for it.
  await Deno.writeTextFile(
    `${folder.path}/redis.conf`,
    [
      `bind 127.0.0.1 ${node?.host ?? ""}`,
      `port ${port}`,
      // A node's keeps its files: from them it comes back. Not as a log of commands: MULTI in it is left out where the default user is off.
      // That user being off, but without a password, Redis takes for an invitation to everybody.
      ...node === undefined ? ['save ""'] : ["protected-mode no", "save 1 1"],
      "user default off",
      `user ${CLUSTER.user} on >${CLUSTER.password} ~* &* +@all`,
      `user ${REPLICA.user} on >${REPLICA.password} -@all +psync +replconf +ping`,
      ...documentedUsers(),
      ...replicaOf === undefined ? [] : [
        `replicaof ${replicaOf.address.replace(":", " ")}`,
        ...MAY_FOLLOW,
        "replica-read-only yes",
      ],
      ...settings,
      "",
    ].join("\n"),
  );
  Deno.chmodSync(`${folder.path}/redis.conf`, 0o644);
  const container = await startContainer("redis", IMAGES.redis, ["--volume", `${folder.path}:/conf:ro`], [
    "redis-server",
    "/conf/redis.conf",
  ], node?.network ?? OWN_NETWORK);
  const client = redisClient({ address, ...CLUSTER });
  client.on("error", () => {/* it is not there yet, or was stopped on purpose */});
  client.connect().catch(() => {});
  const redis: TestRedis = {
    client,
    container,
    address,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await container[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
  try {
    await eventually("Redis answers", async () => client.isReady && await client.ping() === "PONG");
    if (replicaOf !== undefined) await eventually("the replica follows", () => follows(redis));
  } catch (error) {
    console.error(await container.logs());
    await redis[Symbol.asyncDispose]();
    throw error;
  }
  return redis;
}

/** Whether a replica has all of its leader's data and a connection to it. */
export async function follows({ client }: TestRedis): Promise<boolean> {
  return client.isReady && /^master_link_status:up\r?$/m.test(await client.info("replication"));
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
