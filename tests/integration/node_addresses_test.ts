// What the operator of a cluster can get wrong about nodes' addresses: named in the status, and nothing else is touched by it.
import assert from "node:assert/strict";
import type { GatewayStatus } from "../../gateway/health.ts";
import { DESTINATION, DOKUWIKI1, DOKUWIKI2, fillCluster, repositoryUrl } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { HEALTH, startGateway } from "./harness/gateway.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";
import { REDIS_USERS, startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";

const ACL_CHANGED = "cluster/event/acl-changed";
const login = (node: number): string => `user node/${node} on #00 ~* resetchannels &* +@all`;

Deno.test("a_wrong_address_of_a_node_is_named_in_the_status_and_the_gateway_goes_on", async (t) => {
  await using redis = await startRedis();
  const { client } = redis;
  await fillCluster(client);
  await using gateway = await startGateway();
  const status = async (): Promise<GatewayStatus> => await (await fetch(`${HEALTH}/status`)).json();
  const keys = (): Promise<{ status: number; text: string }> =>
    request("GET", `${repositoryUrl(DOKUWIKI1)}/keys/`, { as: DOKUWIKI1 });
  const serves = (): Promise<true> => eventually("it serves", async () => (await keys()).status === 200);
  await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, { as: DOKUWIKI1, rest: false });
  await serves();

  await t.step("a node comes with an event, and its address later without one", async () => {
    await client.sAdd("cluster/acls", [login(2), login(3)]);
    await client.publish(ACL_CHANGED, "{}");
    await eventually(
      "they are known",
      async () =>
        JSON.stringify((await status()).unreachable) === JSON.stringify([
          { node: "2", because: "node/2/vpn has no ip_address" },
          { node: "3", because: "node/3/vpn has no ip_address" },
        ]),
    );
    await client.hSet("node/2/vpn", "ip_address", "10.5.4.2");
    await client.hSet("node/3/vpn", "ip_address", "10.5.4.3");
    await eventually("they are there", async () => (await status()).peers.length === 2);
    // Not by the comparison every 30 s.
    await eventually(
      "HAProxy has them",
      async () => /HAProxy reloaded \(node\/[23]\/vpn changed\)/.test(await gateway.logs()),
    );
  });
  const wrong: Record<string, readonly [address: string, because: RegExp]> = {
    "words": ["nowhere # at all", /is none/],
    "two lines": ["10.5.4.2\nserver evil 192.0.2.1:80", /is none/],
    "a number": ["168100866", /is none/],
    "a network": ["10.5.4.0/24", /is none/],
    "another network's": ["192.0.2.2", /not in the cluster's network/],
    "this node's": ["10.5.4.1", /this node has its address/],
    "another node's": ["10.5.4.3", /node 2 has its address/],
  };
  for (const [name, [address, because]] of Object.entries(wrong)) {
    await t.step(`an address of another node that is ${name}`, async () => {
      const named = name === "another node's" ? "3" : "2";
      await client.hSet("node/2/vpn", "ip_address", address);
      await eventually(
        "it is named",
        async () =>
          (await status()).unreachable.some((each) => each.node === named && because.test(each.because)),
      );
      const { configuration, peers } = await status();
      assert.deepEqual([configuration, peers.length], [undefined, 1]);
      assert.equal((await keys()).status, 200);
    });
  }
  await t.step("the operator's command says so, and ends with 1", async () => {
    await client.hSet("node/2/vpn", "ip_address", "nowhere");
    await eventually("it is named", async () => (await status()).unreachable[0]?.node === "2");
    const own = await rclonegwctl(["status"]);
    assert.equal(own.code, 1);
    assert.match(own.stdout, /^other nodes +3$/m);
    assert.match(
      own.stdout,
      /^node 2 cannot be asked: node\/2\/vpn has an ip_address that is none: "nowhere"$/m,
    );
    const all = await rclonegwctl(["status", "--cluster"]);
    assert.equal(all.code, 1);
    assert.match(all.stdout, /^2 +not reached +node\/2\/vpn has an ip_address that is none/m);
    assert.match(all.stdout, /^1 +this node +[0-9.]+ +leader +/m);
    assert.match(all.stdout, /^No restore grants stand\.$/m);
    await client.hSet("private/nodes/restore_uuid", DOKUWIKI2.uuid, DOKUWIKI1.uuid);
    const granted = await rclonegwctl(["status", "--cluster"]);
    assert.match(granted.stdout, /^dokuwiki2 +dokuwiki1 +when revoked$/m);
    const { nodes, grants } = JSON.parse((await rclonegwctl(["status", "--cluster", "--json"])).stdout);
    assert.deepEqual(nodes.map(({ node }: { node: string }) => node), ["1", "3", "2"]);
    assert.deepEqual(grants.map(({ reader }: { reader: string }) => reader), [DOKUWIKI2.uuid]);
    await client.hDel("private/nodes/restore_uuid", DOKUWIKI2.uuid);
    await client.hSet("node/2/vpn", "ip_address", "10.5.4.2");
    await eventually("it is there", async () => (await status()).unreachable.length === 0);
  });
  await t.step("a node goes: it is not known any more", async () => {
    await client.sRem("cluster/acls", login(2));
    await client.publish(ACL_CHANGED, "{}");
    await eventually("it is gone", async () => (await status()).peers.map(({ node }) => node).join() === "3");
    assert.deepEqual((await status()).unreachable, []);
  });

  for (const address of ["nowhere # at all", "10.5.4.1/24", "10.5.4.1\n0.0.0.0/0"]) {
    await t.step(`this node's own address is ${JSON.stringify(address)}`, async () => {
      await client.hSet("node/1/vpn", "ip_address", address);
      await eventually(
        "it is named",
        async () =>
          /this node's own address cannot be used: node\/1\/vpn .*is none/.test(
            (await status()).configuration ?? "",
          ),
      );
      const answer = await keys();
      assert.equal(answer.status, 503);
      assert.match(answer.text, /this node's own address cannot be used/);
      // What else changes is applied.
      await client.hSet("node/3/vpn", "ip_address", "10.5.4.33");
      await eventually("it is", async () => (await status()).peers[0]?.address === "10.5.4.33");
      await client.hSet("node/3/vpn", "ip_address", "10.5.4.3");
      await client.hSet("node/1/vpn", "ip_address", "10.5.4.1");
      await serves();
      assert.equal((await status()).configuration, undefined);
    });
  }
  await t.step("this node's own address is missing, although there are others", async () => {
    await client.hDel("node/1/vpn", "ip_address");
    await eventually(
      "it is named",
      async () =>
        /own address cannot be used: node\/1\/vpn has no ip_address/.test(
          (await status()).configuration ?? "",
        ),
    );
    assert.equal((await rclonegwctl(["status"])).code, 1);
    await client.hSet("node/1/vpn", "ip_address", "10.5.4.1");
    await serves();
  });
  await t.step(
    "this node is renumbered: its disk is found again once its destination is altered",
    async () => {
      await client.hSet("node/1/vpn", "ip_address", "10.5.4.11");
      await eventually(
        "it is named",
        async () =>
          /stored on the disk of 10\.5\.4\.1, and no other node has that address/.test(
            (await status()).destinations[0]?.because ?? "",
          ),
      );
      assert.equal((await keys()).status, 503);
      const altered = await rclonegwctl(
        ["destination", "alter", DESTINATION, "--url", "webdav:http://10.5.4.11:4694", "--no-validate"],
      );
      assert.equal(altered.code, 0, altered.stderr);
      await serves();
    },
  );
  await t.step(
    "a user of Redis that may not hear of changes is told so, and the gateway goes on",
    async () => {
      await client.sendCommand(["ACL", "SETUSER", REDIS_USERS.controller.user, "-client|tracking"]);
      const killed = await client.sendCommand(["CLIENT", "KILL", "USER", REDIS_USERS.controller.user]);
      assert.equal(Number(killed) > 0, true);
      await eventually(
        "it says so",
        async () =>
          /Cannot ask to be told of changes of nodes' addresses \(NOPERM/.test(await gateway.logs()),
      );
      await eventually("it is connected", async () => (await status()).redis.state === "connected");
      await serves();
    },
  );
});
