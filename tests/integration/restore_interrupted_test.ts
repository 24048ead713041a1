import assert from "node:assert/strict";
import { DESTINATION, DOKUWIKI1, DOKUWIKI2, fillCluster, NODE1 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { makeFolder, makeVolume, run } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { backUp, initRepository, makeModules } from "./harness/restoring.ts";
import { spawnCtl } from "./harness/spawn_ctl.ts";
import { makeTree } from "./harness/tree.ts";

const GRANTS = "private/nodes/restore_uuid";

Deno.test("a_restore_that_is_interrupted_leaves_no_grant_and_tells_no_secret", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using disk = await makeVolume("srv");
  await using _gateway = await startGateway({ args: ["--volume", `${disk.name}:/srv/repo`] });
  using modules = makeModules();
  const one = modules.add(DOKUWIKI1);
  modules.add(DOKUWIKI2);
  await initRepository(DOKUWIKI1);
  const from = ["restore", "--module", "dokuwiki2", "--from", "dokuwiki1", "--destination", DESTINATION];

  using big = makeFolder();
  makeTree(big.path, 4000, 300 << 20);
  const large = await backUp(DOKUWIKI1, { [`${one}/state`]: "/srv/state", [big.path]: "/srv/volumes/big" });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    await t.step(`interrupted in the middle by ${signal}: the grant is gone`, async () => {
      using target = makeFolder(0o700);
      const child = spawnCtl([...from, "--snapshot", large, "--target", target.path], modules.environment);
      // Some of it is there, and not yet all.
      await eventually("the restore has begun", () => filesIn(`${target.path}/volumes/big`) > 0);
      assert.equal(await redis.client.hGet(GRANTS, DOKUWIKI2.uuid), DOKUWIKI1.uuid);
      child.kill(signal);
      const ended = await child.ended;
      assert.equal(ended.code, 1, ended.stderr);
      assert.match(ended.stderr, /Interrupted: what was restored is not complete/);
      assert.equal(await redis.client.exists(GRANTS), 0);
    });
  }

  await t.step("killed in the middle: the grant ends by itself", async () => {
    using target = makeFolder(0o700);
    const child = spawnCtl(
      [...from, "--snapshot", large, "--target", target.path, "--ttl", "5s"],
      modules.environment,
    );
    await eventually("a grant", async () => await redis.client.hGet(GRANTS, DOKUWIKI2.uuid) !== null);
    const [left = -1] = await redis.client.hpTTL(GRANTS, [DOKUWIKI2.uuid]) ?? [];
    assert(left > 0 && left <= 5000, `${left} ms`);
    child.kill("SIGKILL");
    await child.ended;
    await eventually("the grant is gone", async () => await redis.client.exists(GRANTS) === 0);
    await run("podman", ["rm", "--ignore", "--force", "--time=0", "rclone-gateway-restore-dokuwiki2"]);
  });

  await t.step("no secret was printed, and none is on a command line", async () => {
    using target = makeFolder(0o700);
    const child = spawnCtl([...from, "--snapshot", large, "--target", target.path], modules.environment);
    await eventually("the restore has begun", () => filesIn(`${target.path}/volumes/big`) > 0);
    const lines: string[] = [];
    for (const { name } of Deno.readDirSync("/proc")) {
      if (!/^[0-9]+$/.test(name)) continue;
      lines.push(await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => ""));
    }
    assert(lines.some((line) => line.includes("--no-lock")), "restic is not there");
    const { stdout, stderr } = await child.ended;
    for (const secret of [DOKUWIKI2.secret, NODE1.secret, "restic-password-Lm7"]) {
      assert(!(lines.join("\n") + stdout + stderr).includes(secret));
    }
  });
});

function filesIn(folder: string): number {
  try {
    return [...Deno.readDirSync(folder)].length;
  } catch {
    return 0;
  }
}
