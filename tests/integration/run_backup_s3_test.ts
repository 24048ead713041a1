// Everything that follows a backup, on an object storage: real module-backup, gateway, S3 server, restic.
import assert from "node:assert/strict";
import { basic, fillCluster, NODE1, repositoryUrl } from "./harness/cluster.ts";
import { storeDestination } from "./harness/destinations.ts";
import { startGateway } from "./harness/gateway.ts";
import { addOwnModule, makeModuleFolder } from "./harness/module_folder.ts";
import { run } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { resticOk } from "./harness/restic.ts";
import { backupHost, statuses, storeBackup } from "./harness/run_backup.ts";
import { configuration } from "./harness/storage/rclone.ts";
import { startS3 } from "./harness/storage/s3.ts";

const S3 = "5a1c2d3e-0000-4000-8000-000000000054";

Deno.test("backups_on_s3_are_kept_pruned_and_whole", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using s3 = await startS3();
  await storeDestination(redis.client, {
    id: S3,
    name: "bucket",
    section: await configuration(s3),
    basepath: s3.path,
  });
  await redis.client.hSet("private/agents/backup_destination/restic_password", S3, "restic-password-Lm7");
  const module = await addOwnModule(redis.client);
  await storeBackup(redis.client, [module], { repository: S3, retention: "2" });
  await redis.client.hSet("private/nodes/gateway/backup/1", { minimum_age: "0", prune_every: "0" });
  await using _gateway = await startGateway();
  await using host = await backupHost([module]);
  await using _volumes = {
    [Symbol.asyncDispose]: async () =>
      void await run("podman", ["volume", "rm", "--force", `restic-cache-${module.id}`]),
  };
  using folder = makeModuleFolder(module);
  folder.write("etc/state-include.conf", "state/pages\n");
  const real = { MODULE_BACKUP_COMMAND: "", MODULE_FOLDERS: folder.pattern };
  const restic = (...args: string[]): Promise<string> =>
    resticOk(args, { as: NODE1, repositoryOf: module, destination: S3 });

  for (let day = 1; day <= 3; day++) {
    // As much each day: less than half would be held, and so would all of it anew.
    folder.write("state/pages", `day ${day}\n` + "what stays as it is\n".repeat(5000));
    const { code, stdout, stderr } = await host.run(["--backup", "1"], real);
    assert.equal(code, 0, stdout + stderr);
    const steps = (await statuses(redis.client))[module.id]?.steps ?? {};
    assert.deepEqual(Object.values(steps).filter(({ kind }) => kind !== "done"), [], JSON.stringify(steps));
    assert("prune" in steps);
  }

  const listed: { id: string; hostname: string }[] = JSON.parse(await restic("snapshots", "--json"));
  assert.deepEqual(listed.map(({ hostname }) => hostname), [module.uuid, module.uuid]);
  const recorded = await redis.client.hKeys(
    `private/nodes/gateway/snapshots/${S3}/dokuwiki/${module.uuid}`,
  );
  assert.deepEqual(recorded.sort(), listed.map(({ id }) => id).sort());
  assert.match(await restic("dump", "latest", "/state/pages"), /^day 3$/m);
  assert.match(await restic("check", "--read-data"), /no errors were found/);
  const manifest = await fetch(`${repositoryUrl(module, S3)}.json`, {
    headers: { authorization: basic(NODE1) },
  });
  assert.equal((await manifest.json()).uuid, module.uuid);
});
