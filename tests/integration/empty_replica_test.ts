// What is not in Redis yet is not unknown: a 403 would be final to restic.
import assert from "node:assert/strict";
import { DESTINATION, DOKUWIKI1, fillCluster, NODE1, repositoryUrl, sha256 } from "./harness/cluster.ts";
import { removeDestination } from "./harness/destinations.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import type { Container } from "./harness/podman.ts";
import { MAY_FOLLOW, startRedis, type TestRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";

const config = (destination?: string): string => `${repositoryUrl(DOKUWIKI1, destination)}/config`;
const ask = async (url = config()): Promise<number> => (await request("GET", url, { as: DOKUWIKI1 })).status;

/** Asks until it is neither 503 nor anything that `until` does not take: all statuses on the way, without repetitions. */
async function answers(until: number): Promise<number[]> {
  const seen: number[] = [];
  await eventually(`status ${until}`, async () => {
    const status = await ask();
    if (seen.at(-1) !== status) seen.push(status);
    return status === until;
  });
  return seen;
}

/** Waits until a gateway has applied that there is nothing in Redis yet. */
async function sawNothing(gateway: Container): Promise<void> {
  await eventually(
    "it has looked",
    async () => /HAProxy reloaded \(.*\): 0 destinations served/.test(await gateway.logs()),
  );
  assert.equal(await ask(), 503);
}

const follow = (replica: TestRedis, leader: TestRedis): Promise<unknown> =>
  replica.client.sendCommand(["REPLICAOF", ...leader.address.split(":")]);

Deno.test("a_gateway_on_a_replica_that_is_still_empty_refuses_nothing_for_good", async () => {
  await using leader = await startRedis();
  await fillCluster(leader.client);
  await using replica = await startRedis({ port: 6380, settings: MAY_FOLLOW });
  await using gateway = await startGateway({
    settings: { REDIS_ADDRESS: leader.address, REDIS_REPLICA_ADDRESS: replica.address },
    ready: false,
  });
  await sawNothing(gateway);
  await follow(replica, leader);
  // The repository is not there yet: rclone's own 404.
  assert.deepEqual(await answers(404), [503, 404]);
});

Deno.test("accounts_that_come_first_make_nothing_unknown_before_the_rest_is_read", async () => {
  await using redis = await startRedis();
  await using gateway = await startGateway({ ready: false });
  await sawNothing(gateway);
  // At once, as a replica has it when it has copied all; and nobody tells of it.
  await redis.client.multi()
    .sAdd("cluster/acls", [`user ${DOKUWIKI1.name} on #${sha256(DOKUWIKI1.secret)} ~* -@all`])
    .hSet("cluster/module_uuid", "dokuwiki1", DOKUWIKI1.uuid)
    .hSet(`cluster/backup_repository/${DESTINATION}`, {
      name: "Disk",
      provider: "cluster",
      url: "webdav:http://127.0.0.1:4694",
    })
    .hSet("private/nodes/backup_destination/rclone_conf", DESTINATION, `[${DESTINATION}]\ntype = local\n`)
    .exec();
  const seen = await answers(404);
  assert.deepEqual(seen.at(-1), 404);
  assert.equal(seen.includes(403), false, seen.join());
});

Deno.test("in_a_cluster_without_any_destination_one_that_is_asked_for_is_unknown", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await removeDestination(redis.client, DESTINATION);
  await using _gateway = await startGateway();
  assert.deepEqual((await answers(403)).at(-1), 403);
  const said = await request("GET", config(), { as: DOKUWIKI1 });
  assert.match(said.text, /is not known to this cluster/);
  assert.equal((await request("GET", config(), { as: NODE1 })).status, 403);
});

Deno.test("a_replica_with_old_data_that_copies_anew_is_read_again_at_once", async () => {
  await using leader = await startRedis();
  await fillCluster(leader.client);
  await using replica = await startRedis({ port: 6380, settings: MAY_FOLLOW });
  await fillCluster(replica.client);
  await removeDestination(replica.client, DESTINATION);
  await using gateway = await startGateway({
    settings: { REDIS_ADDRESS: leader.address, REDIS_REPLICA_ADDRESS: replica.address },
  });
  assert.equal((await answers(403)).at(-1), 403);
  await follow(replica, leader);
  assert.equal((await answers(404)).at(-1), 404);
  // Not by the comparison every 30 s.
  assert.doesNotMatch(await gateway.logs(), /HAProxy reloaded \(periodic comparison\)/);
});
