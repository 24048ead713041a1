// slow
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { DOKUWIKI1, DOKUWIKI2, MAIL1, type TestIdentity } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { HEALTH } from "./harness/gateway.ts";
import type { NodeStatus } from "../../gateway/health.ts";
import { type ClusterNode, startNodes, tellingLogs } from "./harness/nodes.ts";
import { assertNoticed, startBackup } from "./harness/nodes/backup.ts";
import { DISK2, DOKUWIKI3, MAIL3, MODULES_OF, nodeIdentity, S3 } from "./harness/nodes/contents.ts";
import { makeFolder } from "./harness/podman.ts";
import { makeTree } from "./harness/tree.ts";

Deno.test("a_node_that_cannot_reach_a_storage_goes_over_another", async (t) => {
  await using cluster = await startNodes({ nodes: 3 });
  const [one, two, three] = [cluster.node(1), cluster.node(2), cluster.node(3)];
  for (const node of cluster.nodes) {
    for (const as of MODULES_OF[node.number] ?? []) await node.resticOk(["init"], { as });
  }
  const step = (name: string, body: () => Promise<void>): Promise<boolean> =>
    t.step(name, () => tellingLogs(cluster, body));
  const over = async (node: ClusterNode): Promise<string | undefined> =>
    (await node.status()).destinations.find(({ id }) => id === S3)?.overNode;
  const whole = async (node: ClusterNode, as: TestIdentity): Promise<void> => {
    match(await node.resticOk(["check", "--read-data"], { as }), /no errors were found/);
  };

  await step(
    "the storage is cut off from one node only: its backup goes on over the next node in order",
    async () => {
      await using backup = await startBackup(one, DOKUWIKI1, two);
      await backup.reachesMiddle();
      await one.plugStorage("out");
      await backup.isInTheMiddle();
      await backup.succeeds();
      equal(await over(one), "2");
      const seen: NodeStatus[] = JSON.parse((await three.request("GET", `${HEALTH}/cluster`)).text);
      // The one that was asked comes first.
      deepEqual(seen.map(({ node }) => node), ["3", "1", "2"]);
      const s3 = seen.map((each) =>
        "status" in each ? each.status.destinations.find(({ id }) => id === S3)?.state : each.because
      );
      equal(s3[1], "failing");
      equal(s3[2], "serving");
      // It is still cut off: all of this is read over the other node.
      await whole(one, DOKUWIKI1);
    },
  );
  await step("when it reaches the storage again, it goes back by itself", async () => {
    await one.plugStorage("in");
    await eventually("nothing goes over another node", async () => await over(one) === undefined, 90_000);
    await whole(one, DOKUWIKI1);
  });
  await step("the leader's node carries the traffic, and is killed: the next one does", async () => {
    await three.plugStorage("out");
    await using backup = await startBackup(three, DOKUWIKI3, two);
    await backup.reachesMiddle();
    equal(await over(three), "1");
    await one.gateway.kill();
    await backup.isInTheMiddle();
    assertNoticed(await backup.succeeds());
    equal(await over(three), "2");
    await one.gateway.start();
    await one.ready();
    await whole(three, DOKUWIKI3);
  });
  await step(
    "no node reaches it: an error within 30 s that names the storage, and no request goes in circles",
    async () => {
      for (const node of [one, two]) await node.plugStorage("out");
      const asked = async (node: ClusterNode): Promise<number> => {
        const text = (await node.request("GET", `${HEALTH}/metrics`)).text;
        return Number(/^rclone_gateway_question_seconds_count ([0-9]+)$/m.exec(text)?.[1]);
      };
      await eventually("nobody passes it on any more", async () => await over(three) === undefined, 60_000);
      const before = await Promise.all(cluster.nodes.map(asked));
      for (let time = 0; time < 3; time++) {
        const began = performance.now();
        const { status, text } = await three.ask("GET", DOKUWIKI3, "keys/", {
          as: DOKUWIKI3,
          timeoutMs: 60_000,
        });
        ok([502, 503, 504].includes(status), `${status} ${text}`);
        ok(performance.now() - began < 30_000, "it took too long");
        match(text, new RegExp(`destination ${S3}.*storage`));
      }
      const after = await Promise.all(cluster.nodes.map(asked));
      // Three requests, and what the nodes ask one another meanwhile.
      for (const [index, count] of after.entries()) {
        ok(count - (before[index] ?? 0) < 60, `node ${index + 1}: ${count}`);
      }
      for (const node of cluster.nodes) await node.plugStorage("in");
      await eventually(
        "all reach it again",
        async () => (await three.ask("GET", DOKUWIKI3, "config", { as: DOKUWIKI3 })).status === 200,
        120_000,
      );
    },
  );
  await step("a disk of another node is backed up to, checked and restored from every node", async () => {
    using source = makeFolder();
    makeTree(source.path, 50, 5_000_000);
    for (const [node, as] of [[one, MAIL1], [three, MAIL3]] as const) {
      const options = { as, destination: DISK2, folders: { [source.path]: "/data:ro" } };
      await node.resticOk(["init"], options);
      await node.resticOk(["backup", "/data"], options);
      match(await node.resticOk(["check", "--read-data"], options), /no errors were found/);
    }
    notEqual((await two.ask("GET", MAIL1, "config", { as: MAIL1, destination: DISK2 })).status, 404);
    equal((await one.ask("GET", DOKUWIKI2, "config", { as: DOKUWIKI1, destination: DISK2 })).status, 403);
  });
  await step("the owner of the disk is restarted in the middle of a backup from another node", async () => {
    await two.resticOk(["init"], { as: DOKUWIKI2, destination: DISK2 });
    await using backup = await startBackup(one, MAIL1, two, DISK2);
    await backup.reachesMiddle();
    await two.gateway.kill();
    await backup.isInTheMiddle(false);
    await two.gateway.start();
    await two.ready();
    assertNoticed(await backup.succeeds());
    match(
      await one.resticOk(["check", "--read-data"], { as: MAIL1, destination: DISK2 }),
      /no errors were found/,
    );
  });
  await step("what nodes ask one another is for nodes only, and for known paths", async () => {
    const ask = async (path: string, as: TestIdentity): Promise<number> =>
      (await two.request("GET", `http://${one.host}:4694${path}`, { as, rest: false })).status;
    const node = nodeIdentity(2);
    equal(await ask(`/-/destinations/${S3}`, node), 200);
    equal(await ask("/-/status", node), 200);
    equal(await ask("/-/other", node), 404);
    equal(await ask(`/-/destinations/${S3}?x`, node), 403);
    equal(await ask(`/-/destinations/${S3}`, DOKUWIKI2), 403);
    equal(await ask(`/-/destinations/${S3}`, { ...node, secret: "wrong" }), 401);
  });
});
