import { run } from "../podman.ts";
import { type Namespace, output, startNamespace } from "./namespace.ts";

/** The cluster's own network, and the one on which the nodes reach the storage. */
const CLUSTER = { prefix: "10.5.4", test: "10.5.4.254", link: "cluster" } as const;
const STORAGE = { prefix: "10.5.9", test: "10.5.9.253", link: "storage" } as const;
/** The storage server's address: on the storage's network only. */
export const STORAGE_HOST = "10.5.9.254";
/** A node's link to the storage's network, as it is called inside the node. */
export const STORAGE_LINK = STORAGE.link;

/** A node's place in both networks. */
export type NodePlace = Namespace & {
  /** its address in the cluster's network */
  readonly host: string;
  /** Pulls the plug of its link to the storage, or puts it in again: what is under way stays under way. */
  plugStorage(state: "in" | "out"): Promise<void>;
};

/** The namespaces of the nodes and of the storage, joined by two bridges, on which the test itself is, too. */
export type Network = AsyncDisposable & {
  readonly nodes: readonly NodePlace[];
  readonly storage: Namespace;
};

let sequence = 0;

/** Makes all of it in the test's own namespace, which has to be nobody else's; removes it where a part fails. */
export async function startNetwork(nodes: number): Promise<Network> {
  await using stack = new AsyncDisposableStack();
  // 15 characters are the longest name of a link.
  const name = (what: string): string => `${Deno.pid}${what}${++sequence}`;
  const addBridge = async (network: typeof CLUSTER | typeof STORAGE): Promise<string> => {
    const bridge = name("b");
    await ip("link", "add", bridge, "type", "bridge");
    stack.defer(() => unlink(bridge));
    await ip("address", "add", `${network.test}/24`, "dev", bridge);
    await ip("link", "set", bridge, "up");
    return bridge;
  };
  /** A cable from a namespace to a bridge. Returns its end at the bridge. */
  const connect = async (to: Namespace, bridge: string, link: string, host: string): Promise<string> => {
    const port = name("p");
    await ip("link", "add", port, "type", "veth", "peer", "name", link, "netns", String(to.pid));
    stack.defer(() => unlink(port));
    await ip("link", "set", port, "master", bridge, "up");
    await to.inside("ip", "address", "add", `${host}/24`, "dev", link);
    await to.inside("ip", "link", "set", link, "up");
    return port;
  };

  const cluster = await addBridge(CLUSTER);
  const behind = await addBridge(STORAGE);
  const storage = stack.use(await startNamespace());
  await connect(storage, behind, STORAGE.link, STORAGE_HOST);
  const places: NodePlace[] = [];
  for (let node = 1; node <= nodes; node++) {
    const namespace = stack.use(await startNamespace());
    const host = `${CLUSTER.prefix}.${node}`;
    await connect(namespace, cluster, CLUSTER.link, host);
    const port = await connect(namespace, behind, STORAGE.link, `${STORAGE.prefix}.${node}`);
    places.push({
      ...namespace,
      host,
      plugStorage: (state) => ip("link", "set", port, state === "in" ? "up" : "down"),
    });
  }
  const all = stack.move();
  return { nodes: places, storage, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Never throws: a link also goes when the namespace at its other end does. */
async function unlink(link: string): Promise<void> {
  await run("ip", ["link", "delete", link]);
}

async function ip(...args: string[]): Promise<void> {
  await output("ip", args);
}
