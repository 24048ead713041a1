// slow
import assert from "node:assert/strict";
import { DOKUWIKI1, fillCluster, NODE1 } from "./harness/cluster.ts";
import { startGateway } from "./harness/gateway.ts";
import { makeFolder, makeVolume, run } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { restic, RESTIC_VERSIONS, resticOk } from "./harness/restic.ts";
import { makeTree } from "./harness/tree.ts";

for (const version of RESTIC_VERSIONS) {
  Deno.test(`restic_${version}_backs_up_checks_and_restores_byte_for_byte`, async (t) => {
    await using redis = await startRedis();
    await fillCluster(redis.client);
    await using volume = await makeVolume("srv");
    await using _gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });
    using tree = makeFolder();
    using target = makeFolder();
    makeTree(tree.path, 2100, 210_000_000);
    const folders = { [tree.path]: "/data:ro", [target.path]: "/target" };
    const module = { as: DOKUWIKI1, version, folders };
    const node = { ...module, as: NODE1, repositoryOf: DOKUWIKI1 };

    await t.step("init, and a first backup", async () => {
      await resticOk(["init"], module);
      assert.match(await resticOk(["backup", "/data"], module), /Files: +2101 new/);
    });
    await t.step("an incremental one", async () => {
      await Deno.writeTextFile(`${tree.path}/added`, "added later");
      await Deno.remove(`${tree.path}/empty`);
      assert.match(
        await resticOk(["backup", "/data"], module),
        /Files: +1 new, +0 changed, +2100 unmodified/,
      );
    });
    await t.step("check --read-data", async () => {
      assert.match(await resticOk(["check", "--read-data"], module), /no errors were found/);
    });
    await t.step("restore: diff -r finds nothing", async () => {
      await resticOk(["restore", "latest", "--target", "/target"], module);
      const diff = await run("diff", ["-r", "--no-dereference", tree.path, `${target.path}/data`]);
      assert.deepEqual([diff.code, diff.stdout + diff.stderr], [0, ""]);
    });
    const snapshots = async (): Promise<number> =>
      JSON.parse((await restic(["snapshots", "--json", "--no-lock"], node)).stdout).length;
    await t.step("forget --prune with the module's credentials removes nothing", async () => {
      const stored = await listing(await volume.path());
      // 0.14 goes on trying for fifteen minutes after a refusal; the data says what it achieved.
      const timeoutMs = version === "0.14" ? 30_000 : 120_000;
      const forget = await restic(["forget", "--keep-last", "1", "--prune"], { ...module, timeoutMs });
      assert.notEqual(forget.code, 0);
      assert.match(forget.stdout + forget.stderr, /\b403\b/);
      assert.equal(await snapshots(), 2);
      const after = await listing(await volume.path());
      for (const path of stored) assert(after.includes(path) || path.includes("/locks/"), `${path} is gone`);
    });
    await t.step("forget --prune with a node's credentials does", async () => {
      await restic(["unlock", "--remove-all"], node);
      await resticOk(["forget", "--keep-last", "1", "--prune"], node);
      assert.equal(await snapshots(), 1);
      assert.match(await resticOk(["check", "--read-data"], module), /no errors were found/);
    });
  });
}

async function listing(folder: string): Promise<string[]> {
  return (await run("find", [folder, "-type", "f", "-printf", "%P %s\n"])).stdout.split("\n").filter((line) =>
    line !== ""
  );
}
