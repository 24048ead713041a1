import assert from "node:assert/strict";
import { basic, DESTINATION, DOKUWIKI1, DOKUWIKI2, fillCluster, sha256 } from "./cluster.ts";
import { announce, storeDestination } from "./destinations.ts";
import { eventually } from "./eventually.ts";
import { GATEWAY, startGateway } from "./gateway.ts";
import type { Container } from "./podman.ts";
import { startRcloneDirect } from "./rclone_direct.ts";
import { startRedis, type TestRedis } from "./redis.ts";
import { REST } from "./request.ts";
import { configuration } from "./storage/rclone.ts";
import { startWebdav, type WebdavStorage } from "./storage/webdav.ts";

/** Through the gateway, or by an rclone with nothing in front of it. */
export type Way = "gateway" | "direct";
/** A request below a repository, and the status that it has to be answered with. Uploads have a few bytes. */
export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Two ways to the same WebDAV server, each with a repository of its own and the same in it. */
export type BothWays = AsyncDisposable & {
  readonly redis: TestRedis;
  readonly gateway: Container;
  readonly storage: WebdavStorage;
  /** names of data objects that are in both repositories */
  readonly objects: readonly string[];
  /** `<app type>/<module uuid>` */
  repository(way: Way): string;
  /** as its module, over one connection to each; throws where the status is another */
  ask(way: Way, asked: Asked): Promise<void>;
  /** what the storage was asked while `work` lasted, sorted; uuids and names of objects are the same word in all lines */
  storageAsked(work: () => Promise<void>): Promise<string[]>;
};

/** All names begin with the same digits: that their folder is created once is not what is compared. */
export function objectName(what: string): string {
  return `ab${sha256(what).slice(2)}`;
}

export async function startBothWays(): Promise<BothWays> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  await fillCluster(redis.client);
  const server = stack.use(await startWebdav());
  // rclone asks a WebDAV server once in 10 ms at most, unless it is told otherwise.
  const storage = { ...server, parameters: [...server.parameters, ["pacer_min_sleep", "1ms"] as const] };
  const section = await configuration(storage);
  await storeDestination(redis.client, { id: DESTINATION, name: "webdav", section, basepath: storage.path });
  const gateway = stack.use(await startGateway());
  await announce(redis.client, DESTINATION);
  const direct = stack.use(await startRcloneDirect(storage));
  const client = stack.use(Deno.createHttpClient({ poolMaxIdlePerHost: 1 }));

  const repository = (way: Way): string => `dokuwiki/${way === "gateway" ? DOKUWIKI1.uuid : DOKUWIKI2.uuid}`;
  const roots = { gateway: `${GATEWAY}/${DESTINATION}`, direct: direct.root };
  const ask: BothWays["ask"] = async (way, { method, path, status, headers }) => {
    const response = await fetch(`${roots[way]}/${repository(way)}/${path}`, {
      client,
      method,
      headers: { authorization: basic(DOKUWIKI1), accept: REST, ...headers },
      ...(method === "POST" ? { body: "some content" } : {}),
      signal: AbortSignal.timeout(60_000),
    });
    await response.bytes();
    assert.equal(response.status, status, `${method} ${path}`);
  };
  const objects = Array.from({ length: 8 }, (_, index) => objectName(`stored ${index}`));
  for (const way of ["gateway", "direct"] as const) {
    const post = (path: string) => ask(way, { method: "POST", path, status: 200 });
    await eventually(`${way} is served`, () => post("?create=true").then(() => true));
    for (const path of ["config", ...objects.map((object) => `data/${object}`)]) await post(path);
  }
  const moved = stack.move();
  return {
    redis,
    gateway,
    storage,
    objects,
    repository,
    ask,
    async storageAsked(work) {
      const before = (await storage.requests()).length;
      await work();
      return (await storage.requests()).slice(before).map((line) =>
        line.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, "<module uuid>").replace(
          /[0-9a-f]{64}/,
          "<name>",
        )
      ).sort();
    },
    [Symbol.asyncDispose]: () => moved[Symbol.asyncDispose](),
  };
}
