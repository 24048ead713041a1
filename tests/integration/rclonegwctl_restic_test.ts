/** `rclonegwctl restic`: the operator's restic, with the node's rights, on any repository. */
import assert from "node:assert/strict";
import { DESTINATION, fillCluster, NODE1 } from "./harness/cluster.ts";
import { startGateway } from "./harness/gateway.ts";
import { commandLines, moduleBackup } from "./harness/module_backup.ts";
import { addOwnModule, makeModuleFolder, makeVolumes } from "./harness/module_folder.ts";
import { IMAGES, makeFolder, makeVolume, podman, run } from "./harness/podman.ts";
import { OPERATOR, rclonegwctl } from "./harness/rclonegwctl.ts";
import { startRedis } from "./harness/redis.ts";
import { eventually } from "./harness/eventually.ts";

Deno.test("the_operators_restic_reaches_every_repository", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  const module = await addOwnModule(redis.client);
  const { id, uuid } = module;
  await using disk = await makeVolume("srv");
  await using _gateway = await startGateway({ args: ["--volume", `${disk.name}:/srv/repo`] });
  await using _volumes = await makeVolumes(`${id}-data`, `restic-cache-${id}`);
  using folder = makeModuleFolder(module);
  folder.write("etc/state-include.conf", "volumes/data\n");
  const page = `${await podman("volume", "inspect", "--format", "{{.Mountpoint}}", `${id}-data`)}/page`;
  await Deno.writeTextFile(page, "page");
  const env = { NODE_PASSWORD: NODE1.secret, MODULE_FOLDERS: folder.pattern, RESTIC_IMAGE: IMAGES.restic };
  const restic = (...args: string[]) => rclonegwctl(["restic", ...args], env);
  const snapshots = async (...args: string[]): Promise<{ hostname: string }[]> => {
    const ended = await restic(...args, "--", "snapshots", "--json");
    assert.equal(ended.code, 0, ended.stderr);
    return JSON.parse(ended.stdout);
  };
  assert.equal((await moduleBackup(["1", "--module", id], folder)).code, 0);

  await t.step("a repository by its module, by a backup, and by destination and path", async () => {
    for (
      const args of [
        ["--module", id],
        ["--module", `module/${id}`, "--backup", "1"],
        ["--module", id, "--destination", DESTINATION],
        ["--destination", DESTINATION, "--repopath", `dokuwiki/${uuid}`],
        ["--backup", "1", "--repopath", `dokuwiki/${uuid}`],
      ]
    ) assert.deepEqual((await snapshots(...args)).map(({ hostname }) => hostname), [uuid]);
  });

  await t.step("the volumes of a module of root's are there, to be written", async () => {
    await Deno.writeTextFile(page, "spoilt");
    const ended = await restic(
      "--module",
      id,
      "--",
      "restore",
      "latest",
      "--target",
      "/srv",
      "--include",
      "/volumes",
    );
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(await Deno.readTextFile(page), "page");
  });

  await t.step("more for Podman, with or without its dashes", async () => {
    using here = makeFolder();
    for (const volume of [`volume=${here.path}:/here`, `--volume=${here.path}:/here`]) {
      const ended = await restic(
        "--module",
        id,
        "--podman",
        volume,
        "--podman",
        "env=X=1",
        "--",
        "restore",
        "latest",
        "--target",
        "/here",
      );
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(await Deno.readTextFile(`${here.path}/volumes/data/page`), "page");
      Deno.removeSync(`${here.path}/volumes`, { recursive: true });
    }
  });

  await t.step(
    "standard input is restic's, its exit code is the command's, and no command line holds a secret",
    async () => {
      const piped = rclonegwctl(
        ["restic", "--module", id, "--", "backup", "--stdin", "--host=by-hand"],
        env,
        "by hand",
      );
      let seen: string[] = [];
      await eventually("restic is among the processes", () => {
        seen = commandLines();
        return seen.some((line) => line.includes("--host=by-hand") && line.includes("podman run"));
      });
      for (const secret of [NODE1.secret, "restic-password-Lm7"]) {
        assert.ok(!seen.some((line) => line.includes(secret)));
      }
      assert.equal((await piped).code, 0);
      assert.deepEqual((await snapshots("--module", id)).map(({ hostname }) => hostname).sort(), [
        "by-hand",
        uuid,
      ]);
      assert.equal((await restic("--module", id, "--", "dump", "nonsense", "/x")).code, 1);
      assert.equal((await restic("--module", "mail1", "--", "cat", "config")).code, 10);
    },
  );

  await t.step("on a terminal restic has one, too", async () => {
    const command =
      `exec "$DENO" run --quiet --no-prompt -P=rclonegwctl scripts/rclonegwctl.ts restic --module ${id} ` +
      `'--podman=entrypoint=["sh","-c","tty"]' -- version`;
    const ended = await run("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      env: { ...OPERATOR, ...env, DENO: Deno.execPath() },
    });
    assert.match(ended.stdout, /\/dev\/(pts\/[0-9]+|console)/, ended.stdout + ended.stderr);
    // Without one it has none.
    const piped = await restic(
      "--module",
      id,
      '--podman=entrypoint=["sh","-c","tty || true"]',
      "--",
      "version",
    );
    assert.match(piped.stdout, /not a tty/);
  });

  await t.step("--show lists destinations and backups", async () => {
    const shown = JSON.parse((await restic("--show", "--json")).stdout);
    assert.deepEqual(shown.backups, [{
      id: "1",
      name: "Nightly",
      destination: DESTINATION,
      modules: [id, "mail1"],
    }]);
    assert.deepEqual(shown.destinations.map(({ id, name }: { id: string; name: string }) => [id, name]), [[
      DESTINATION,
      "Local disk",
    ]]);
    const { stdout } = await restic("--show");
    assert.match(stdout, new RegExp(`^${DESTINATION}  Local disk `, "m"));
    assert.match(stdout, new RegExp(`^1 +Nightly  ${DESTINATION}  ${id} mail1$`, "m"));
    assert.doesNotMatch(stdout, /restic-password/);
  });

  await t.step("what is not valid is refused with 2, all of it at once", async () => {
    const cases: [args: string[], says: RegExp[]][] = [
      [[], [/give --module, or --repopath/, /give --destination, or --backup/, /no arguments for restic/]],
      [["--module", "x", "--repopath", "y", "--backup", "7", "--", "stats"], [
        /--module and --repopath/,
        /no module's id/,
        /is not <app type>/,
        /no backup 7/,
      ]],
      [["--module", "dokuwiki2", "--", "stats"], [/dokuwiki2 is part of no backup/]],
      [["--module", "webtop1", "--destination", uuid, "--", "stats"], [
        /webtop1 has no uuid/,
        /there is no destination/,
      ]],
    ];
    for (const [args, says] of cases) {
      const ended = await restic(...args);
      assert.equal(ended.code, 2, ended.stdout + ended.stderr);
      for (const each of says) assert.match(ended.stderr, each);
    }
    const ended = await rclonegwctl(["restic", "--module", id, "--", "stats"], { ...env, NODE_PASSWORD: "" });
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /as node\/1: set NODE_PASSWORD/);
  });
});
