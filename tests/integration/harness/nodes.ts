import type { GatewayStatus } from "../../../gateway/health.ts";
import { repositoryUrl, type TestIdentity } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { HEALTH, startGateway } from "./gateway.ts";
import { fillNodes, nodeIdentity, S3 } from "./nodes/contents.ts";
import { type NodePlace, startNetwork, STORAGE_HOST } from "./nodes/network.ts";
import { type Container, type Ended, makeVolume } from "./podman.ts";
import { startRedis, type TestRedis } from "./redis.ts";
import { request } from "./request.ts";
import { restic, resticOk } from "./restic.ts";
import { startS3 } from "./storage/s3.ts";
import type { Storage } from "./storage/server.ts";

type GatewayOptions = {
  readonly settings: Readonly<Record<string, string>>;
  readonly args: readonly string[];
};
type ResticOptions = Parameters<typeof restic>[1];

/** A node: its Redis and its gateway in a network namespace of its own. */
export type ClusterNode = NodePlace & {
  readonly number: number;
  /** the leader on node 1, a replica of it elsewhere */
  readonly redis: TestRedis;
  readonly gateway: Container;
  /** the volume with its state: there is the socket by which it answers its operator */
  readonly state: string;
  /** the volume of its local destination */
  readonly disk: string;
  status(): Promise<GatewayStatus>;
  /** waits until its gateway can decide, has what Redis holds, and can serve S3 */
  ready(): Promise<void>;
  /** One request of the test's own to this node's gateway, `path` below the repository; S3's unless told otherwise. */
  ask(method: string, owner: TestIdentity, path: string, options: {
    as: TestIdentity;
    destination?: string;
    timeoutMs?: number;
  }): ReturnType<typeof request>;
  /** A real restic on this node, which asks the gateway on loopback; on S3 unless told otherwise. */
  restic(args: readonly string[], options: ResticOptions): Promise<Ended>;
  /** the same, and it has to end with exit code 0 */
  resticOk(args: readonly string[], options: ResticOptions): Promise<string>;
};

/** Nodes 1 to `nodes`, one S3 server that all of them reach, and the data of nodes/contents.ts in Redis. */
export type Nodes = AsyncDisposable & {
  readonly nodes: readonly ClusterNode[];
  readonly leader: TestRedis;
  readonly storage: Storage;
  node(number: number): ClusterNode;
};

/**
 * Starts a cluster on this host, in the network namespace that scripts/test gives to each test file. Needs root. Whatever
 * was started is ended again, also where something later does not start.
 */
export async function startNodes(
  options: {
    nodes: number;
    /** what a node's gateway is started with beside what it needs; `host` is its address in the cluster's network */
    gateway?: (node: number, host: string) => Promise<GatewayOptions>;
  },
): Promise<Nodes> {
  await using stack = new AsyncDisposableStack();
  const network = stack.use(await startNetwork(options.nodes));
  const storage = stack.use(
    await startS3({ elsewhere: { host: STORAGE_HOST, network: network.storage.network } }),
  );
  const redises: TestRedis[] = [];
  for (const { host, network: own } of network.nodes) {
    const [leader] = redises;
    const following = leader === undefined ? {} : { replicaOf: leader };
    redises.push(stack.use(await startRedis({ node: { host, network: own }, ...following })));
  }
  const [leader] = redises;
  if (leader === undefined) throw new Error("Cannot start a cluster without a node");
  await fillNodes(leader.client, network.nodes.map(({ host }) => host), storage);
  // All the replicas have it: otherwise a gateway could be found ready with what was there before.
  await eventually(
    "the replicas have what was stored",
    async () =>
      Number(await leader.client.sendCommand(["WAIT", String(options.nodes - 1), "1000"])) >=
        options.nodes - 1,
  );
  const nodes: ClusterNode[] = [];
  for (const [index, place] of network.nodes.entries()) {
    const redis = redises[index];
    if (redis === undefined) throw new Error(`Node ${index + 1} has no Redis`);
    const more = await options.gateway?.(index + 1, place.host) ?? { settings: {}, args: [] };
    nodes.push(await startNode(stack, index + 1, place, redis, network.nodes[0]?.host ?? "", more));
  }
  await Promise.all(nodes.map((node) => node.ready()));
  const all = stack.move();
  return {
    nodes,
    leader,
    storage,
    node(number) {
      const node = nodes[number - 1];
      if (node === undefined) throw new Error(`There is no node ${number}`);
      return node;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function startNode(
  stack: AsyncDisposableStack,
  number: number,
  place: NodePlace,
  redis: TestRedis,
  leader: string,
  more: GatewayOptions,
): Promise<ClusterNode> {
  const disk = stack.use(await makeVolume("srv"));
  const state = stack.use(await makeVolume("state"));
  const gateway = stack.use(
    await startGateway({
      settings: {
        NODE_ID: String(number),
        REDIS_ADDRESS: `${leader}:6379`,
        REDIS_REPLICA_ADDRESS: "127.0.0.1:6379",
        NODE_PASSWORD: nodeIdentity(number).secret,
        ...more.settings,
      },
      args: [
        ...more.args,
        `--volume=${disk.name}:/srv/repo`,
        `--volume=${state.name}:/var/lib/rclone-gateway`,
      ],
      network: place.network,
      ask: async (url) => (await place.request("GET", url, { timeoutMs: 2000 })).status,
      // Not by /readyz: a disk of another node is one that this node does not serve.
      ready: false,
    }),
  );
  const status = async (): Promise<GatewayStatus> =>
    JSON.parse((await place.request("GET", `${HEALTH}/status`, { timeoutMs: 5000 })).text);
  return {
    ...place,
    number,
    redis,
    gateway,
    state: state.name,
    disk: disk.name,
    status,
    async ready() {
      await eventually(`the gateway of node ${number} is ready`, async () => {
        const { authorization, redis, configuration, destinations } = await status();
        const s3 = destinations.find(({ id }) => id === S3)?.state ?? "not known";
        if (
          authorization.state === "deciding" && redis.state === "connected" && configuration === undefined &&
          ["idle", "serving"].includes(s3)
        ) return true;
        throw new Error(JSON.stringify({ authorization, redis, configuration, s3 }));
      }, 60_000);
    },
    ask: (method, owner, path, { destination = S3, ...options }) =>
      request(method, `${repositoryUrl(owner, destination, place.host)}/${path}`, options),
    restic: (args, options) => restic(args, { destination: S3, ...options, network: place.network }),
    resticOk: (args, options) => resticOk(args, { destination: S3, ...options, network: place.network }),
  };
}

/** Runs a test's body, and prints the ends of the gateways' logs where it fails. */
export async function tellingLogs(cluster: Nodes, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    for (const { number, gateway } of cluster.nodes) {
      const lines = (await gateway.logs()).trimEnd().split("\n");
      console.error(`Node ${number}, the last lines:\n${lines.slice(-40).join("\n")}`);
    }
    throw error;
  }
}
