import assert from "node:assert/strict";
import { DOKUWIKI1, fillCluster, MAIL1 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { startRedis } from "./harness/redis.ts";
import { killed, startedAgain, startLeaderAndReplica, stored } from "./harness/leader_and_replica.ts";
import { backupHost, parseLines, statuses, storeBackup } from "./harness/run_backup.ts";

Deno.test("a_run_that_is_ended_says_so_and_the_next_one_is_well", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await storeBackup(redis.client, [MAIL1]);
  await using _gateway = await startGateway();
  await using host = await backupHost([MAIL1]);
  const begun = (): Promise<unknown> =>
    eventually("module-backup runs", async () => await Deno.stat(`${host.path}/mail1/pid`));
  const noneBegun = (): Promise<void> => Deno.remove(`${host.path}/mail1/pid`).catch(() => {});

  await t.step("what is not valid is said in full, and nothing is done", async () => {
    await redis.client.hSet("cluster/backup/1", { repository: "x", schedule: "", retention: "many" });
    const { code, stdout, stderr } = await host.run(["--backup", "1"]);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    for (const problem of [/repository is "x"/, /schedule is missing/, /keep-last=many/]) {
      assert.match(stderr, problem);
    }
    assert.match(await host.metrics(), /^node_backup_status\{.*\} 0$/m);
    const unknown = await host.run(["--backup", "7"]);
    assert.deepEqual([unknown.code, unknown.stdout], [2, ""]);
    assert.match(unknown.stderr, /cluster\/backup\/7 is not there/);
    assert.equal((await host.run(["--backup", "../1"])).code, 2);
    await assert.rejects(Deno.stat(`${host.path}/mail1/pid`));
  });
  await t.step("one that is not enabled does nothing", async () => {
    await storeBackup(redis.client, [MAIL1], { enabled: "" });
    const { code, stdout, stderr } = await host.run(["--backup", "1"]);
    assert.deepEqual([code, stdout], [0, "Backup 1: nothing to do, it is not enabled.\n"], stderr);
    assert.deepEqual(await statuses(redis.client), {});
  });
  await t.step("a good run tells a proxy of the host nothing", async () => {
    const asked: string[] = [];
    await using proxy = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      asked.push(`${request.method} ${request.url}`);
      return new Response("I have read it");
    });
    const url = `http://127.0.0.1:${proxy.addr.port}`;
    const proxied = { HTTP_PROXY: url, http_proxy: url, ALL_PROXY: url, NO_PROXY: "", no_proxy: "" };
    await storeBackup(redis.client, [MAIL1]);
    const { code, stdout, stderr } = await host.run(["--backup", "1"], proxied);
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual(asked, []);
  });
  await t.step(
    "a second run of the same backup ends with 3, and SIGTERM ends the first in order",
    async () => {
      await noneBegun();
      await host.misbehave(MAIL1, "wait", "");
      const first = host.start(["--backup", "1", "--json"]);
      await begun();
      const running = await host.metrics();
      assert.match(running, /^node_backup_state\{.*\} -1$/m);
      assert.match(running, /^node_backup_status\{.*\} 1$/m);
      const second = await host.run(["--backup", "1"]);
      assert.equal(second.code, 3);
      assert.match(second.stderr, /is running on this node already/);
      await redis.client.hSet("cluster/backup/2", await redis.client.hGetAll("cluster/backup/1"));
      const other = await host.run(["--backup", "2"], { BACKUP_RETRY_TIMEOUT: "1" });
      assert.equal(other.code, 1, "another backup of the same repository waits for it");
      assert.match(other.stdout, /^mail1: backup FAILED: another run held it for all of 1 s$/m);
      assert.equal(
        (await redis.client.hGetAll("node/1/backup_status/1"))["mail1"]?.includes('"errors":0'),
        true,
      );
      first.kill("SIGTERM");
      const { code, stdout } = await first.output();
      assert.equal(code, 130);
      assert.equal(await Deno.readTextFile(`${host.path}/mail1/ended`), "ended in order\n");
      const { mail1 } = await statuses(redis.client);
      assert.deepEqual(mail1?.steps, { backup: { kind: "failed", because: "interrupted" } });
      assert.equal(parseLines(new TextDecoder().decode(stdout as BufferSource)).at(-1)?.["exit_code"], 130);
      assert.match(await host.metrics(), /^node_backup_status\{.*\} 0$/m);
      assert.match(await host.metrics(), /^node_backup_state\{.*\} 0$/m);
    },
  );
  await t.step(
    "after a kill the last verdict stands, its module-backup ends, and the next run is well",
    async () => {
      await Deno.remove(`${host.path}/mail1/ended`);
      await noneBegun();
      const first = host.start(["--backup", "1"]);
      await begun();
      first.kill("SIGKILL");
      await first.output();
      await eventually(
        "module-backup has ended",
        async () => await Deno.readTextFile(`${host.path}/mail1/ended`),
      );
      const text = await host.metrics();
      assert.match(text, /^node_backup_state\{.*\} -1$/m);
      assert.match(text, /^node_backup_status\{.*\} 0$/m);
      await host.misbehave(MAIL1, "wait");
      const { code, stdout, stderr } = await host.run(["--backup", "1"]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(await host.metrics(), /^node_backup_status\{.*\} 1$/m);
    },
  );
  await t.step("a backup whose modules have left the node leaves no metrics here", async () => {
    await redis.client.hSet("cluster/module_node", "mail1", "2");
    const { code, stdout } = await host.run(["--backup", "1"]);
    assert.deepEqual([code, stdout], [0, "Backup 1: nothing to do, none of its modules is on node 1.\n"]);
    await assert.rejects(host.metrics(), Deno.errors.NotFound);
  });
});

Deno.test("backups_go_on_while_the_leader_is_away_and_what_they_say_arrives_later", async (t) => {
  await using cluster = await startLeaderAndReplica();
  const { leader, replica, settings } = cluster;
  await storeBackup(leader.client, [DOKUWIKI1]);
  await eventually(
    "the replica knows the backup",
    async () => await replica.client.exists("cluster/backup/1"),
  );
  await stored(leader);
  await using _gateway = await startGateway({ settings });
  await using host = await backupHost([DOKUWIKI1]);
  const records = "private/nodes/gateway/snapshots/5a1c2d3e-0000-4000-8000-000000000001/dokuwiki/" +
    DOKUWIKI1.uuid;

  await t.step("the backup is made, and says that its record waits", async () => {
    await killed(leader);
    const { code, stdout, stderr } = await host.run(["--backup", "1"], settings);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^dokuwiki1: record HELD: waits on this host: the leader's Redis is away/m);
    assert.match(stderr, /changes wait on this host for the leader's Redis/);
    assert.match(await host.metrics(), /^node_backup_status\{.*\} 1$/m);
    assert.match(await host.metrics(), /^node_backup_module_held\{.*step="record"\} 1$/m);
    assert.deepEqual(await replica.client.hGetAll(records), {});
  });
  await t.step("status and record are there after the next run", async () => {
    await startedAgain(leader);
    await eventually(
      "the replica follows",
      async () => /link_status:up/.test(await replica.client.info("replication")),
    );
    await host.misbehave(DOKUWIKI1, "fail", "");
    const { code } = await host.run(["--backup", "1"], settings);
    assert.equal(code, 1);
    const recorded = Object.entries(await leader.client.hGetAll(records));
    assert.equal(recorded.length, 1);
    const { dokuwiki1 } = await statuses(leader.client);
    assert.equal(dokuwiki1?.errors, 1);
    assert.equal(dokuwiki1?.snapshot?.id, recorded[0]?.[0]);
    assert.deepEqual(
      (await Array.fromAsync(Deno.readDir(`${host.path}/state/pending`))).map(({ name }) => name),
      ["lock"],
    );
  });
});
