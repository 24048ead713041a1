import { type Redis, redisClient } from "../../../gateway/redis/connection.ts";
import { type Container, IMAGES, makeFolder, OWN_NETWORK, startContainer } from "./podman.ts";
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

/** Who may follow a leader: what Redis's documentation lists for a replica, and nothing else. */
const REPLICA = { user: "replica", password: "redis-password-of-the-replicas-2e60" } as const;

/** A node's Redis: on loopback and on the node's address, with files that outlive it. */
export type NodeRedis = {
  readonly host: string;
  readonly network: string;
  /** the address of the leader that this one follows; none: it is the leader */
  readonly leader?: string;
};

/** A real Redis in a container, empty, with a client of its own. */
export type TestRedis = AsyncDisposable & { readonly client: Redis; readonly container: Container };

/** On loopback alone and without files, unless it is to be one of a cluster's `node`s. */
export async function startRedis(node?: NodeRedis): Promise<TestRedis> {
  const folder = makeFolder();
  // By file, not by command line: the password is a secret in the tests, too, and one test looks for it.
  await Deno.writeTextFile(
    `${folder.path}/redis.conf`,
    [
      `bind 127.0.0.1 ${node?.host ?? ""}`,
      "port 6379",
      ...node === undefined ? ['save ""'] : ofNode(node),
      "user default off",
      `user ${CLUSTER.user} on >${CLUSTER.password} ~* &* +@all`,
      ...documentedUsers(),
      "",
    ].join("\n"),
  );
  Deno.chmodSync(`${folder.path}/redis.conf`, 0o644);
  const container = await startContainer("redis", IMAGES.redis, ["--volume", `${folder.path}:/conf:ro`], [
    "redis-server",
    "/conf/redis.conf",
  ], node?.network ?? OWN_NETWORK);
  const client = redisClient({
    address: node === undefined ? REDIS_ADDRESS : `${node.host}:6379`,
    ...CLUSTER,
  });
  client.on("error", () => {/* it is not there yet, or was stopped on purpose */});
  client.connect().catch(() => {});
  const redis: TestRedis = {
    client,
    container,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await container[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
  try {
    await eventually("Redis answers", async () => client.isReady && await client.ping() === "PONG");
    if (node?.leader !== undefined) await eventually("the replica follows", () => follows(redis));
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

function ofNode({ leader }: NodeRedis): string[] {
  return [
    // The default user is off, but Redis takes its having no password for an invitation to everybody.
    "protected-mode no",
    // Not "appendonly yes": where the default user is off, Redis 8.0 leaves transactions out when it reads that file again.
    "save 1 1",
    `user ${REPLICA.user} on >${REPLICA.password} -@all +psync +replconf +ping`,
    ...leader === undefined ? [] : [
      `replicaof ${leader} 6379`,
      `masteruser ${REPLICA.user}`,
      `masterauth ${REPLICA.password}`,
      "replica-read-only yes",
    ],
  ];
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
