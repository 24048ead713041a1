import assert from "node:assert/strict";
import { basic, DOKUWIKI1, DOKUWIKI2, fillCluster, MAIL1, NODE1, repositoryUrl } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { startRedis } from "./harness/redis.ts";
import { resticOk } from "./harness/restic.ts";
import { backupHost, idOf, parseLines, statuses, storeBackup } from "./harness/run_backup.ts";

const MODULES = [DOKUWIKI1, DOKUWIKI2, MAIL1];

Deno.test("a_failing_module_fails_the_backup_and_harms_no_other", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await storeBackup(redis.client, MODULES);
  await redis.client.set("cluster/uuid", "c1000000-0000-4000-8000-000000000001");
  await redis.client.set("module/mail1/ui_name", "Mail of the house");
  await using _gateway = await startGateway();
  await using host = await backupHost(MODULES);
  const told: string[] = [];
  const listening = redis.client.duplicate();
  await listening.connect();
  await listening.subscribe("node/1/event/backup-status-changed", (message) => void told.push(message));
  await using _listening = { [Symbol.asyncDispose]: async () => void await listening.close() };

  await t.step("the verdict is failure, and says which", async () => {
    await host.misbehave(DOKUWIKI1, "fail", "");
    const { code, stdout, stderr } = await host.run(["--backup", "1"]);
    assert.equal(code, 1, stdout + stderr);
    assert.match(
      stdout,
      /^dokuwiki1: backup FAILED: module-backup ended with 1: module-dump-state ended with 7$/m,
    );
    assert.match(stdout, /^Backup 1 \(Every night\): failed, not well: dokuwiki1$/m);
    assert.match(stdout, /^mail1: all done$/m);
  });
  await t.step("the others' backups are complete", async () => {
    for (const module of [DOKUWIKI2, MAIL1]) {
      assert.match(await resticOk(["check"], { as: NODE1, repositoryOf: module }), /no errors were found/);
      const recorded = await redis.client.hGetAll(
        `private/nodes/gateway/snapshots/${repositoryUrl(module).split("/").slice(-3).join("/")}`,
      );
      const listed = JSON.parse(await resticOk(["snapshots", "--json"], { as: NODE1, repositoryOf: module }));
      assert.deepEqual(Object.keys(recorded), listed.map(({ id }: { id: string }) => id));
      assert.equal(JSON.parse(Object.values(recorded)[0] ?? "").backup, "1");
    }
  });
  await t.step("the metrics say which", async () => {
    const text = await host.metrics();
    assert.match(text, /^node_backup_status\{id="1",name="Every night"\} 0$/m);
    assert.match(text, /^node_backup_state\{id="1",name="Every night"\} 0$/m);
    assert.match(text, /^node_backup_module_status\{id="1",name="Every night",module="dokuwiki1"\} 0$/m);
    assert.match(text, /^node_backup_module_status\{id="1",name="Every night",module="mail1"\} 1$/m);
    assert.match(text, /^node_backup_module_added_bytes\{.*module="mail1"\} [1-9][0-9]+$/m);
    assert.match(text, /^node_backup_module_snapshot_timestamp_seconds\{.*module="mail1"\} [1-9][0-9]{9}$/m);
    assert.doesNotMatch(text, /snapshot_timestamp_seconds\{.*module="dokuwiki1"/);
  });
  await t.step("the status has NethServer 8's fields, and each change is told", async () => {
    const { dokuwiki1, mail1 } = await statuses(redis.client);
    assert.equal(dokuwiki1?.errors, 1);
    assert.deepEqual(Object.keys(dokuwiki1?.steps ?? {}), ["backup"]);
    assert.equal(mail1?.errors, 0);
    assert.equal(mail1?.snapshots_count, 1);
    assert.equal(mail1?.total_file_count, 3);
    assert.equal(mail1?.total_size, "a page of module/mail1\n".length * 1000);
    assert(mail1.start > 1.6e9 && mail1.end >= mail1.start);
    assert.deepEqual(
      told.map((message) => JSON.parse(message)),
      MODULES.map((module) => ({ node_id: 1, backup_id: 1, module_id: idOf(module) })),
    );
  });
  await t.step("a manifest stands beside each repository that has a snapshot", async () => {
    const manifest = (module: typeof MAIL1): Promise<Response> =>
      fetch(`${repositoryUrl(module)}.json`, { headers: { authorization: basic(NODE1) } });
    const { timestamp, node_fqdn, ...rest } = await (await manifest(MAIL1)).json();
    assert(timestamp > 1.6e9 && typeof node_fqdn === "string" && node_fqdn !== "");
    assert.deepEqual(rest, {
      module_id: "mail1",
      module_ui_name: "Mail of the house",
      cluster_uuid: "c1000000-0000-4000-8000-000000000001",
      uuid: MAIL1.uuid,
      success: true,
    });
    const none = await manifest(DOKUWIKI1);
    await none.body?.cancel();
    assert.equal(none.status, 404);
  });
  await t.step("a module that is held up is tried again, and the metrics say that it waits", async () => {
    await host.misbehave(DOKUWIKI1, "fail");
    await host.misbehave(DOKUWIKI1, "locked", "2");
    const run = host.run(["--backup", "1", "--json"]);
    const waiting = await eventually("it waits", async () => {
      const text = await host.metrics();
      return /^node_backup_state\{.*\} 2$/m.test(text) && text;
    }, 60_000);
    assert.match(waiting, /^node_backup_status\{.*\} 0$/m);
    const { code, stdout, stderr } = await run;
    assert.equal(code, 0, stdout + stderr);
    const lines = parseLines(stdout);
    assert.equal(lines.filter(({ message_type }) => message_type === "locked").length, 2);
    const summary = lines.at(-1);
    assert.deepEqual([summary?.["message_type"], summary?.["exit_code"]], ["summary", 0]);
    assert.match(await host.metrics(), /^node_backup_status\{.*\} 1$/m);
    assert.equal((await statuses(redis.client))["dokuwiki1"]?.errors, 0);
  });
  await t.step("retries that give up are a failure", async () => {
    await host.misbehave(MAIL1, "locked", "1000");
    const { code, stdout, stderr } = await host.run(["--backup", "1"], { BACKUP_RETRY_TIMEOUT: "2" });
    assert.equal(code, 1, stdout + stderr);
    assert.match(stdout, /^mail1: backup FAILED: another run held it for all of 2 s$/m);
    const { mail1 } = await statuses(redis.client);
    assert.equal(mail1?.errors, 1);
    assert.equal(mail1?.total_file_count, 3, "what is known of the last good snapshot stays");
    assert.match(await host.metrics(), /^node_backup_status\{.*\} 0$/m);
    assert.match(await host.metrics(), /^node_backup_module_status\{.*module="dokuwiki2"\} 1$/m);
    await host.misbehave(MAIL1, "locked");
  });
  await t.step("a manifest that cannot be stored is a failed backup", async () => {
    await storeBackup(redis.client, [DOKUWIKI1]);
    const headers = { authorization: basic(NODE1) };
    const url = `${repositoryUrl(DOKUWIKI1)}.json`;
    const removed = await fetch(url, { method: "DELETE", headers });
    const made = await fetch(`${url}/`, { method: "MKCOL", headers });
    await Promise.all([removed, made].map((response) => response.body?.cancel()));
    assert.deepEqual([removed.status, made.status], [204, 201]);
    const { code, stdout, stderr } = await host.run(["--backup", "1"]);
    assert.equal(code, 1, stdout + stderr);
    const { dokuwiki1 } = await statuses(redis.client);
    assert.equal(dokuwiki1?.errors, 1);
    assert.equal(dokuwiki1?.steps.backup?.kind, "done");
    assert.equal(dokuwiki1?.steps.manifest?.kind, "failed");
    assert.match(await host.metrics(), /^node_backup_module_status\{.*module="dokuwiki1"\} 0$/m);
    assert.doesNotMatch(await host.metrics(), /module="mail1"/);
    (await fetch(`${url}/`, { method: "DELETE", headers })).body?.cancel();
  });
  await t.step("what was recorded more than retention says is gone", async () => {
    await redis.client.hSet("private/nodes/gateway/backup/1", { minimum_age: "0", prune_every: "0" });
    await host.run(["--backup", "1"]);
    const { code, stdout } = await host.run(["--backup", "1"]);
    assert.equal(code, 0, stdout);
    const listed = JSON.parse(
      await resticOk(["snapshots", "--json"], { as: NODE1, repositoryOf: DOKUWIKI1 }),
    );
    assert.equal(listed.length, 3);
    const records = `private/nodes/gateway/snapshots/${
      repositoryUrl(DOKUWIKI1).split("/").slice(-3).join("/")
    }`;
    assert.deepEqual(
      Object.keys(await redis.client.hGetAll(records)).sort(),
      listed.map(({ id }: { id: string }) => id).sort(),
    );
  });
});
