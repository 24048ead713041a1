import assert from "node:assert/strict";
import { aclLine, basic, fillCluster, NODE1, repositoryUrl } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { podman, run } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { resticOk } from "./harness/restic.ts";
import { backupHost, idOf, statuses, storeBackup } from "./harness/run_backup.ts";

/** The names of its container and its cache are this host's: no other test has this module. */
const MODULE = {
  name: `module/wiki${Deno.pid}`,
  secret: "secret-of-the-killed-Ty7",
  uuid: "d0000008-0000-4000-8000-000000000008",
};

Deno.test({
  name: "after_a_kill_of_all_that_ran_the_next_run_is_well_without_a_person",
  async fn() {
    await using redis = await startRedis();
    await fillCluster(redis.client);
    await redis.client.sAdd("cluster/acls", aclLine(MODULE));
    await redis.client.hSet("cluster/module_uuid", idOf(MODULE), MODULE.uuid);
    await redis.client.hSet("cluster/module_node", idOf(MODULE), "1");
    await storeBackup(redis.client, [MODULE]);
    await using _gateway = await startGateway();
    await using host = await backupHost([MODULE]);
    await using _cache = {
      async [Symbol.asyncDispose]() {
        await run("podman", [
          "rm",
          "--ignore",
          "--force",
          "--time",
          "0",
          `rclone-gateway-backup-${idOf(MODULE)}`,
        ]);
        await run("podman", ["volume", "rm", "--force", `restic-cache-${idOf(MODULE)}`]);
      },
    };
    const real = { MODULE_BACKUP_COMMAND: "", MODULE_FOLDERS: `${host.path}/modules/{id}` };
    await makeModuleFolder(`${host.path}/modules/${idOf(MODULE)}`);

    const killed = host.start(["--backup", "1"], real);
    await eventually("restic has its lock", async () => (await locks()) > 0, 60_000);
    // What nobody is there to pass a signal on to is killed first.
    for (const pid of [...childrenOf(killed.pid), killed.pid]) Deno.kill(pid, "SIGKILL");
    await podman("kill", `rclone-gateway-backup-${idOf(MODULE)}`);
    await killed.output();
    assert.equal(await locks(), 1, "it has left a lock behind");
    assert.match(await host.metrics(), /^node_backup_state\{.*\} -1$/m);

    const { code, stdout, stderr } = await host.run(["--backup", "1"], real);
    assert.equal(code, 0, stdout + stderr);
    const status = (await statuses(redis.client))[idOf(MODULE)];
    assert.deepEqual(
      Object.entries(status?.steps ?? {}).map(([step, { kind }]) => `${step} ${kind}`),
      ["backup", "stats", "record", "unlock", "retention", "prune", "manifest"].map((step) => `${step} done`),
    );
    assert.equal(status?.oldest_lock, 0);
    assert.equal(await locks(), 0);
    assert.match(await resticOk(["check"], { as: NODE1, repositoryOf: MODULE }), /no errors were found/);
  },
});

async function locks(): Promise<number> {
  const response = await fetch(`${repositoryUrl(MODULE)}/locks/`, {
    headers: { accept: "application/vnd.x.restic.rest.v2", authorization: basic(NODE1) },
  });
  const text = await response.text();
  return response.status === 200 ? JSON.parse(text).length : 0;
}

/** So much that a backup of it takes some seconds. */
async function makeModuleFolder(path: string): Promise<void> {
  for (const part of ["bin", "etc", "state/data"]) await Deno.mkdir(`${path}/${part}`, { recursive: true });
  await Deno.writeTextFile(
    `${path}/state/environment`,
    `MODULE_ID=${idOf(MODULE)}\nMODULE_UUID=${MODULE.uuid}\n`,
  );
  await Deno.writeTextFile(
    `${path}/state/agent.env`,
    `REDIS_USER=${MODULE.name}\nREDIS_PASSWORD=${MODULE.secret}\n`,
    { mode: 0o600 },
  );
  await Deno.writeTextFile(`${path}/etc/state-include.conf`, "state/data\n");
  using file = await Deno.open(`${path}/state/data/noise`, { create: true, write: true });
  const noise = new Uint8Array(65_536);
  for (let written = 0; written < 300 << 20; written += noise.length) {
    await file.write(crypto.getRandomValues(noise));
  }
}

function childrenOf(pid: number): number[] {
  const text = [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) =>
    Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`)
  ).join(" ");
  const children = text.split(/\s+/).filter((each) => each !== "").map(Number);
  return children.flatMap((child) => [child, ...childrenOf(child)]);
}
