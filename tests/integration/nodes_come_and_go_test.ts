// slow
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { NodeStatus } from "../../gateway/health.ts";
import { DOKUWIKI1, repositoryUrl, sha256 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { HEALTH, processOf } from "./harness/gateway.ts";
import { type ClusterNode, startNodes, tellingLogs } from "./harness/nodes.ts";
import { DISK2, nodeIdentity, S3 } from "./harness/nodes/contents.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";

const ACL_CHANGED = "cluster/event/acl-changed";
const NEW_ADDRESS = "10.5.4.33";

Deno.test("nodes_come_and_go_while_the_others_run", async (t) => {
  await using cluster = await startNodes({ nodes: 3 });
  const [one, two, three] = [cluster.node(1), cluster.node(2), cluster.node(3)];
  const { client } = cluster.leader;
  const { name, secret } = nodeIdentity(3);
  const login = `user ${name} on #${sha256(secret)} ~* resetchannels &* +@all`;
  const step = (name: string, body: () => Promise<void>): Promise<boolean> =>
    t.step(name, () => tellingLogs(cluster, body));
  /** A local client's request on node 1 for what is stored on S3. */
  const asked = async (): Promise<number> => {
    const url = `${repositoryUrl(DOKUWIKI1, S3)}/config`;
    return (await one.request("GET", url, { as: DOKUWIKI1, timeoutMs: 20_000 })).status;
  };
  const seenBy = async (node: ClusterNode): Promise<string> =>
    (await node.status()).peers.map(({ node, address }) => `${node} at ${address}`).join();
  const overOf = async (node: ClusterNode): Promise<string | undefined> =>
    (await node.status()).destinations.find(({ id }) => id === S3)?.overNode;
  /** How often its sidecar was asked. What goes over another node is a question there each time. */
  const questionsOf = async (node: ClusterNode): Promise<number> => {
    const { text } = await node.request("GET", `${HEALTH}/metrics`);
    return Number(/^rclone_gateway_question_seconds_count ([0-9]+)$/m.exec(text)?.[1]);
  };
  await one.resticOk(["init"], { as: DOKUWIKI1 });
  const controller = await processOf(one.gateway, /controller/);
  // From now on only node 3 reaches the storage.
  for (const node of [one, two]) await node.plugStorage("out");

  await step("before: what node 1 cannot reach goes over node 3", async () => {
    equal(await seenBy(one), `2 at ${two.host},3 at ${three.host}`);
    await eventually("it does", async () => await asked() === 200, 120_000);
    equal(await overOf(one), "3");
  });
  await step("a_removed_node_is_asked_no_more_and_gets_nobodys_credentials", async () => {
    await client.sRem("cluster/acls", login);
    await client.publish(ACL_CHANGED, "{}");
    for (const node of [one, two]) {
      await eventually("it is on no list", async () => !(await seenBy(node)).includes("3 at"));
    }
    await eventually("nothing goes over it", async () => await overOf(one) === undefined);
    const before = await questionsOf(three);
    ok(before > 0);
    for (let time = 0; time < 2; time++) {
      const status = await asked();
      ok([502, 503, 504].includes(status), `${status}`);
      // In all longer than it takes until a node that is used is asked again.
      await new Promise((resolve) => setTimeout(resolve, 2500));
    }
    const seen: NodeStatus[] = JSON.parse((await one.request("GET", `${HEALTH}/cluster`)).text);
    deepEqual(seen.map(({ node }) => node), ["1", "2"]);
    equal(await questionsOf(three), before);
    // It still runs, and knows nobody any more who would know it.
    const status = (await three.request("GET", `http://${one.host}:4694/-/status`, {
      as: nodeIdentity(3),
      rest: false,
    })).status;
    equal(status, 401);
  });
  await step("a_new_node_is_on_the_others_failover_lists_without_a_restart", async () => {
    await client.sAdd("cluster/acls", login);
    await client.publish(ACL_CHANGED, "{}");
    for (const node of [one, two]) {
      await eventually("it is", async () => (await seenBy(node)).includes(`3 at ${three.host}`));
    }
    await eventually("it is used", async () => await asked() === 200);
    equal(await overOf(one), "3");
  });
  await step("a_renumbered_node_is_found_under_its_new_address", async () => {
    await three.inside("ip", "address", "delete", `${three.host}/24`, "dev", "cluster");
    await three.inside("ip", "address", "add", `${NEW_ADDRESS}/24`, "dev", "cluster");
    await client.hSet("node/3/vpn", "ip_address", NEW_ADDRESS);
    await eventually("it is known", async () => (await seenBy(one)).includes(`3 at ${NEW_ADDRESS}`));
    await eventually("it is used", async () => await asked() === 200, 60_000);
    equal(await overOf(one), "3");
  });
  await step("a_node_without_an_address_is_named_in_the_status", async () => {
    await client.hDel("node/3/vpn", "ip_address");
    const because = "node/3/vpn has no ip_address";
    for (const node of [one, two]) {
      await eventually(
        "it is",
        async () =>
          JSON.stringify((await node.status()).unreachable) === JSON.stringify([{ node: "3", because }]),
      );
    }
    const seen: NodeStatus[] = JSON.parse((await one.request("GET", `${HEALTH}/cluster`)).text);
    deepEqual(seen.at(-1), { node: "3", because });
    await eventually("nothing goes over it", async () => await overOf(one) === undefined);
    const status = await asked();
    ok([502, 503, 504].includes(status), `${status}`);
    await client.hSet("node/3/vpn", "ip_address", NEW_ADDRESS);
    await eventually("it is used again", async () => await asked() === 200);
  });
  await step("a disk of a renumbered node is served again once its destination is altered", async () => {
    const disk = async (node: ClusterNode) =>
      (await node.status()).destinations.find(({ id }) => id === DISK2) ?? { state: "", because: "" };
    const url = `${repositoryUrl(DOKUWIKI1, DISK2)}/config`;
    const read = async (): Promise<{ status: number; text: string }> =>
      await one.request("GET", url, { as: DOKUWIKI1, timeoutMs: 20_000 });
    equal((await disk(one)).state, "elsewhere");
    const renumbered = "10.5.4.22";
    await two.inside("ip", "address", "add", `${renumbered}/24`, "dev", "cluster");
    await client.hSet("node/2/vpn", "ip_address", renumbered);
    for (const node of [one, two]) {
      await eventually(
        "it is named",
        async () => /no other node has that address/.test((await disk(node)).because ?? ""),
      );
    }
    const refused = await read();
    equal(refused.status, 503);
    match(refused.text, /is stored on the disk of 10\.5\.4\.2, and no other node has that address/);
    const { code, stderr } = await rclonegwctl(
      ["destination", "alter", DISK2, "--url", `webdav:http://${renumbered}:4694`, "--no-validate"],
      { REDIS_ADDRESS: cluster.leader.address, REDIS_REPLICA_ADDRESS: "" },
    );
    equal(code, 0, stderr);
    // rclone's own 404: nothing is stored there.
    await eventually("it is served", async () => (await read()).status === 404);
    equal((await disk(one)).state, "elsewhere");
  });
  equal(await processOf(one.gateway, /controller/), controller, "nothing was restarted");
});
