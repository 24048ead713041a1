// A destination on another node's disk: every node serves it through that node's gateway, which judges for itself.
import assert from "node:assert/strict";
import {
  DESTINATION,
  DOKUWIKI1,
  DOKUWIKI2,
  fillCluster,
  NODE1,
  repositoryUrl,
  sha256,
} from "./harness/cluster.ts";
import { announce } from "./harness/destinations.ts";
import { eventually } from "./harness/eventually.ts";
import { GATEWAY, startGateway } from "./harness/gateway.ts";
import { request } from "./harness/request.ts";
import { startRedis } from "./harness/redis.ts";

/** Two nodes on this host: each gateway listens on its own address of the cluster's network. */
const [FIRST, SECOND] = ["10.5.4.1", "10.5.4.2"];
const OTHER = "5a1c2d3e-0000-4000-8000-000000000002";

/** The same request to one of the nodes; its clients are local ones: on this host every address is its own. */
const at = (address: string, url: string): string => url.replace(GATEWAY, `http://${address}:4694`);
const onOther = (url: string): string => url.replace(DESTINATION, OTHER);

Deno.test("a_disk_of_another_node_is_served_through_its_gateway", async (t) => {
  // Each alone: of two in one network the first would be where all that goes to the other comes from.
  for (const address of [FIRST, SECOND]) {
    await new Deno.Command("ip", { args: ["address", "add", `${address}/32`, "dev", "lo"] }).output();
  }
  await using redis = await startRedis();
  const { client } = redis;
  await fillCluster(client);
  await client.sAdd("cluster/acls", "user node/2 on #00 ~* &* +@all");
  await client.hSet("node/2/vpn", "ip_address", SECOND);
  // The destination of fillCluster is on the first node's disk, this one on the second's.
  await client.hSet(`cluster/backup_repository/${OTHER}`, {
    name: "Disk of node 2",
    provider: "cluster",
    url: `webdav:http://${SECOND}:4694`,
    basepath: "",
  });
  await client.hSet("private/nodes/backup_destination/rclone_conf", OTHER, `[${OTHER}]\ntype = local\n`);
  const start = (node: string, address: string, health: string) =>
    startGateway({ settings: { NODE_ID: node, BIND_ADDRESS: address, HEALTH_ADDRESS: health } });
  await using _first = await start("1", FIRST, "127.0.0.1:4695");
  await using second = new AsyncDisposableStack();
  second.use(await start("2", SECOND, "127.0.0.1:4696"));
  const own = onOther(repositoryUrl(DOKUWIKI1));
  const body = "an object";
  const name = sha256(body);
  const ask = (
    method: string,
    address: string,
    url: string,
    options: Parameters<typeof request>[2],
  ): ReturnType<typeof request> => request(method, at(address, url), options);

  await t.step("what is stored through one node is read through the other", async () => {
    assert.equal(
      (await ask("POST", FIRST, `${own}/?create=true`, { as: DOKUWIKI1, rest: false })).status,
      200,
    );
    assert.equal((await ask("POST", FIRST, `${own}/data/${name}`, { as: DOKUWIKI1, body })).status, 200);
    for (const address of [FIRST, SECOND]) {
      const read = await ask("GET", address, `${own}/data/${name}`, { as: DOKUWIKI1 });
      assert.deepEqual([read.status, read.text], [200, body], address);
    }
    const toFirst = repositoryUrl(DOKUWIKI1);
    const created = await ask("POST", SECOND, `${toFirst}/?create=true`, { as: DOKUWIKI1, rest: false });
    assert.equal(created.status, 200, created.text);
    assert.equal((await ask("POST", SECOND, `${toFirst}/data/${name}`, { as: DOKUWIKI1, body })).status, 200);
    assert.equal((await ask("GET", FIRST, `${toFirst}/data/${name}`, { as: DOKUWIKI1 })).text, body);
  });
  await t.step(
    "nothing is overwritten, and an upload that is sent again is answered by what is stored",
    async () => {
      assert.equal((await ask("POST", FIRST, `${own}/data/${name}`, { as: DOKUWIKI1, body })).status, 200);
      const other = await ask("POST", FIRST, `${own}/data/${name}`, { as: DOKUWIKI1, body: `${body}!` });
      assert.equal(other.status, 403);
    },
  );
  await t.step("who may not is refused by the first, who is wrong is not known", async () => {
    assert.equal((await ask("GET", FIRST, `${own}/data/${name}`, { as: DOKUWIKI2 })).status, 403);
    const wrong = { ...DOKUWIKI1, secret: "wrong" };
    assert.equal((await ask("GET", FIRST, `${own}/data/${name}`, { as: wrong })).status, 401);
    assert.equal((await ask("DELETE", FIRST, `${own}/data/${name}`, { as: DOKUWIKI1 })).status, 403);
  });
  await t.step("a lock is the creator's, and nobody else's", async () => {
    const lock = sha256("a lock");
    const upload = await ask("POST", FIRST, `${own}/locks/${lock}`, { as: DOKUWIKI1, body: "a lock" });
    assert.equal(upload.status, 200, upload.text);
    assert.equal((await ask("DELETE", FIRST, `${own}/locks/${lock}`, { as: DOKUWIKI1 })).status, 200);
  });
  await t.step("a node may do everything there, through any node", async () => {
    const removed = await ask("DELETE", FIRST, `${own}/data/${name}`, { as: NODE1 });
    assert.equal(removed.status, 200, removed.text);
    assert.equal((await ask("GET", SECOND, `${own}/data/${name}`, { as: DOKUWIKI1 })).status, 404);
  });
  await t.step(
    "the node that has the disk is away: 503 that says so, and then all is well again",
    async () => {
      await second.disposeAsync();
      const answer = await ask("GET", FIRST, `${own}/keys/`, { as: DOKUWIKI1 });
      assert.equal(answer.status, 503);
      assert.match(answer.text, /the node that has this destination on its disk does not answer/);
      assert.match(answer.headers.get("retry-after") ?? "", /^[0-9]+$/);
    },
  );
  await t.step("a disk at an address that no node has any more is not served, and says so", async () => {
    await client.hSet("node/2/vpn", "ip_address", "10.5.4.3");
    await eventually("the first node has nobody to pass it on to", async () => {
      const answer = await ask("GET", FIRST, `${own}/keys/`, { as: DOKUWIKI1 });
      return answer.status === 503 && answer.text.includes("no other node has that address");
    });
  });
  await t.step("nodes that are wrong about one another do not send requests round in circles", async () => {
    // The one that listens there is told that this is another one's address.
    await client.sAdd("cluster/acls", "user node/4 on #00 ~* &* +@all");
    await client.hSet("node/4/vpn", "ip_address", SECOND);
    await using _again = await start("2", SECOND, "127.0.0.1:4696");
    await announce(client, OTHER);
    await eventually(
      "the second node passes on what is asked of it, and refuses what is passed on to it",
      async () => {
        const answer = await ask("GET", SECOND, `${own}/keys/`, { as: DOKUWIKI1 });
        return answer.status === 503 && answer.text.includes("what comes from another node is not passed on");
      },
    );
    await eventually("the first one hears that from it", async () => {
      const answer = await ask("GET", FIRST, `${own}/keys/`, { as: DOKUWIKI1 });
      return answer.status === 503 && answer.text.includes("what comes from another node is not passed on");
    });
  });
});
