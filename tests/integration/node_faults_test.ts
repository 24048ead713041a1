// slow
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { DOKUWIKI1, DOKUWIKI2, MAIL1, repositoryUrl, type TestIdentity } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { processOf } from "./harness/gateway.ts";
import { type ClusterNode, startNodes, tellingLogs } from "./harness/nodes.ts";
import { assertNoticed, startBackup } from "./harness/nodes/backup.ts";
import { DOKUWIKI3, MAIL2, MAIL3, MODULES_OF, S3 } from "./harness/nodes/contents.ts";
import { DELAYED_AND_LOST, type Disturbance, LOST } from "./harness/nodes/packets.ts";
import { podman } from "./harness/podman.ts";
import { follows } from "./harness/redis.ts";

const GRANTS = "private/nodes/restore_uuid";
const RCLONE = /^rclone rcd /;

Deno.test("faults_of_a_node_in_the_middle_of_a_backup_harm_nothing", async (t) => {
  await using cluster = await startNodes({ nodes: 3 });
  const [one, two, three] = [cluster.node(1), cluster.node(2), cluster.node(3)];
  for (const node of cluster.nodes) {
    for (const as of MODULES_OF[node.number] ?? []) await node.resticOk(["init"], { as });
  }
  const step = (name: string, body: () => Promise<void>, possible = true): Promise<boolean> =>
    t.step({
      name: possible ? name : `NOT TRIED, since this host cannot do it: ${name}`,
      ignore: !possible,
      fn: () => tellingLogs(cluster, body),
    });

  await step("the node's own rclone is killed", async () => {
    await using backup = await startBackup(two, DOKUWIKI2, three);
    await backup.reachesMiddle();
    const killed = await processOf(two.gateway, RCLONE);
    Deno.kill(killed, "SIGKILL");
    await backup.isInTheMiddle();
    assertNoticed(await backup.succeeds());
    notEqual(await processOf(two.gateway, RCLONE), killed);
    await assertWhole(two, DOKUWIKI2);
  });

  await step("the leader's Redis is killed: replicas go on, and its own node when it is back", async () => {
    // The one is read before, the other one for the first time while there is no leader.
    await cluster.leader.client.hSet(GRANTS, { [MAIL2.uuid]: MAIL1.uuid, [MAIL3.uuid]: MAIL2.uuid });
    const granted = async (): Promise<number> =>
      (await two.ask("GET", MAIL1, "config", { as: MAIL2 })).status;
    await eventually("the grant has come to node 2", async () => await granted() === 200);
    await eventually(
      "the other one to node 3",
      async () => await three.redis.client.hGet(GRANTS, MAIL3.uuid) === MAIL2.uuid,
    );
    await using first = await startBackup(one, MAIL1, two);
    await using second = await startBackup(two, MAIL2, three);
    await using third = await startBackup(three, MAIL3, two);
    for (const backup of [first, second, third]) await backup.reachesMiddle();
    await cluster.leader.container.kill();
    for (const backup of [first, second, third]) await backup.isInTheMiddle();

    await eventually("node 1 can tell nothing", () => isUnavailable(one, MAIL1));
    equal(await granted(), 200);
    equal((await three.ask("GET", MAIL2, "config", { as: MAIL3 })).status, 200);
    equal((await three.ask("GET", MAIL1, "config", { as: MAIL3 })).status, 403);
    await second.succeeds();
    await third.succeeds();
    for (const { redis } of [two, three]) equal(await follows(redis), false);
    ok(!cluster.leader.client.isReady && !first.ended);

    await cluster.leader.container.start();
    await one.ready();
    assertNoticed(await first.succeeds());
    for (const { redis } of [two, three]) await eventually("it follows again", () => follows(redis), 60_000);
    for (const [node, as] of [[one, MAIL1], [two, MAIL2], [three, MAIL3]] as const) {
      await assertWhole(node, as);
    }
  });

  await step(
    "the node's own replica is away for 30 s: nothing but 503 there, and no other node notices",
    async () => {
      await using backup = await startBackup(three, DOKUWIKI3, two);
      await backup.reachesMiddle();
      await three.redis.container.kill();
      await backup.isInTheMiddle();
      await eventually("node 3 can tell nothing", () => isUnavailable(three, DOKUWIKI3));
      for (let second = 0; second < 30; second++) {
        // Anything else could be final to restic.
        equal((await three.ask("GET", DOKUWIKI3, "config", { as: DOKUWIKI3 })).status, 503);
        equal((await two.ask("GET", DOKUWIKI2, "config", { as: DOKUWIKI2 })).status, 200);
        await pause(1000);
      }
      await backup.isInTheMiddle();
      await three.redis.container.start();
      await three.ready();
      assertNoticed(await backup.succeeds());
      await assertWhole(three, DOKUWIKI3);
    },
  );

  const disturbed = async (way: Disturbance): Promise<void> => {
    await using backup = await startBackup(one, DOKUWIKI1, two);
    await backup.reachesMiddle();
    await using packets = await way.on(one);
    const before = await packets.resent();
    await backup.isInTheMiddle();
    await backup.succeeds();
    notEqual(await packets.lost(), 0);
    ok(await packets.resent() > before, "nothing had to be sent again");
    await assertWhole(one, DOKUWIKI1);
  };
  await step(
    "2 % of the packets to and from the storage are lost",
    () => disturbed(LOST),
    await LOST.possible(),
  );
  await step(
    "packets to the storage are delayed by 200 ms, and 2 % of them lost",
    () => disturbed(DELAYED_AND_LOST),
    await DELAYED_AND_LOST.possible(),
  );
});

Deno.test("a_gateway_that_starts_on_an_empty_replica_refuses_nothing_for_good", async () => {
  await using cluster = await startNodes({ nodes: 2 });
  const node = cluster.node(2);
  const as = DOKUWIKI2;
  await node.resticOk(["init"], { as });
  await node.gateway.kill();
  await node.redis.container.kill();
  const data = '{{range .Mounts}}{{if eq .Destination "/data"}}{{.Source}}{{end}}{{end}}';
  const folder = await podman("inspect", "--format", data, node.redis.container.name);
  for (const { name } of Deno.readDirSync(folder)) {
    Deno.removeSync(`${folder}/${name}`, { recursive: true });
  }
  await node.redis.container.start();
  await node.gateway.start();
  // On loopback: from elsewhere nobody can connect before the cluster's network is known.
  const url = `${repositoryUrl(as, S3)}/config`;
  const seen = new Set<number>();
  await eventually("the replica has its data, and the gateway serves", async () => {
    // Throws where nobody listens yet: that, too, is tried again.
    const { status } = await node.request("GET", url, { as, timeoutMs: 5000 });
    seen.add(status);
    return status === 200;
  }, 60_000);
  deepEqual([...seen].sort(), [200, 503]);
});

async function isUnavailable(node: ClusterNode, as: TestIdentity): Promise<boolean> {
  return (await node.ask("GET", as, "config", { as })).status === 503;
}

async function assertWhole(node: ClusterNode, as: TestIdentity): Promise<void> {
  match(await node.resticOk(["check", "--read-data"], { as }), /no errors were found/);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
