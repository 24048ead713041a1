/**
 * module-backup with the real gateway, Redis, restic and Podman: a module whose folder is root's. What belongs to another user:
 * module_backup_rootless_test.ts.
 */
import assert from "node:assert/strict";
import { fillCluster, NODE1 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { beginModuleBackup, commandLines, moduleBackup } from "./harness/module_backup.ts";
import { addOwnModule, makeModuleFolder, makeVolumes } from "./harness/module_folder.ts";
import { IMAGES, LABEL, makeVolume, podman, run } from "./harness/podman.ts";
import { REDIS_USERS, startRedis } from "./harness/redis.ts";
import { restic, resticOk } from "./harness/restic.ts";

Deno.test("a_module_of_roots_is_backed_up", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  const module = await addOwnModule(redis.client);
  const { id, uuid } = module;
  const ARGS = ["1", "--module", id];
  const CONTAINER = `rclone-gateway-backup-${id}`;
  const SECRETS = [module.secret, NODE1.secret, "restic-password-Lm7", REDIS_USERS.operator.password];
  await using disk = await makeVolume("srv");
  await using gateway = await startGateway({ args: ["--volume", `${disk.name}:/srv/repo`] });
  using folder = makeModuleFolder(module);
  await using _volumes = await makeVolumes(`${id}-data`, `${id}0-data`, `restic-cache-${id}`);
  await using _leftover = {
    async [Symbol.asyncDispose]() {
      await podman("rm", "--force", "--ignore", CONTAINER);
    },
  };
  const outputs: string[] = [];
  const backUp = async (...more: string[]) => {
    const ended = await moduleBackup([...ARGS, ...more], folder);
    outputs.push(ended.stdout, ended.stderr);
    return ended;
  };
  const asNode = { as: NODE1, repositoryOf: module };
  const snapshots = async (): Promise<{ hostname: string; username: string }[]> =>
    JSON.parse(await resticOk(["snapshots", "--json", "--no-lock"], asNode));
  const stored = async (): Promise<string[]> =>
    (await resticOk(["ls", "latest", "--no-lock", "--json"], asNode)).split("\n").filter((line) =>
      line.includes('"node"')
    )
      .map((line) => JSON.parse(line)).filter(({ type }) => type === "file").map(({ path }) => path as string)
      .sort();
  const release = `${folder.path}/state/release`;
  const waiting = `${folder.path}/state/waiting`;
  /** A dump that waits for {@link release}, at most for a minute. */
  const slowDump = (): void => {
    for (const file of [release, waiting]) Deno.removeSync(file, { recursive: true });
  };

  await t.step("bad input: every problem in one message, nothing made", async () => {
    const ended = await moduleBackup(["x", "--module", "no module"], folder, { env: { NODE_ID: "y" } });
    assert.equal(ended.code, 2);
    for (const word of [/"x" is no backup's id/, /"no module" is no module's id/, /NODE_ID/]) {
      assert.match(ended.stderr, word);
    }
    const unknown = await moduleBackup(["7", "--module", "webtop1"], folder);
    assert.equal(unknown.code, 2);
    for (
      const word of [/there is no backup 7/, /webtop1 has no uuid/, /webtop1 has no folder on this node/]
    ) {
      assert.match(unknown.stderr, word);
    }
    const other = await moduleBackup(["1", "--module", "dokuwiki2"], folder);
    assert.equal(other.code, 2);
    assert.match(other.stderr, /dokuwiki2 is not part of backup 1/);
    assert.equal((await restic(["cat", "config", "--no-lock"], asNode)).code, 10);
  });

  await t.step("the first backup makes the repository, and holds what the lists say", async () => {
    folder.write(
      "etc/state-include.conf",
      "# a comment\n\nstate/kept*\n  volumes/data  \nstate/dump\nvolumes/gone\n/etc\nstate/../../etc\n",
    );
    folder.write("etc/state-exclude.conf", "state/kept-not\n*.log\n");
    for (const file of ["kept", "kept-not", "kept.log", "other"]) folder.write(`state/${file}`, file);
    await Deno.writeTextFile(
      `${await podman("volume", "inspect", "--format", "{{.Mountpoint}}", `${id}-data`)}/page`,
      "page",
    );
    folder.program("module-dump-state", 'module-helper "$@" >dump; echo "dumped\x1b[31m"');
    folder.program(
      "module-helper",
      'echo "$1 $(id -u) $(pwd) $MODULE_ID $MODULE_UUID $AGENT_ID $AGENT_STATE_DIR $AGENT_INSTALL_DIR $GREETING ${NODE_ID:-none} ${REDIS_USER}"',
    );
    folder.program("module-cleanup-state", 'cp dump dumped; rm dump; echo "cleaned $1" >cleaned');
    const ended = await backUp("--json");
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.deepEqual(
      await stored(),
      ["/state/dump", "/state/environment", "/state/kept", "/volumes/data/page"],
    );
    const { path } = folder;
    assert.equal(
      await Deno.readTextFile(`${path}/state/dumped`),
      `1 0 ${path}/state ${id} ${uuid} module/${id} ${path}/state ${path} it's "$(id)" none module/${id}\n`,
    );
    assert.equal(await Deno.readTextFile(`${path}/state/cleaned`), "cleaned 1\n");
    assert.match(ended.stderr, /made the repository/);
    assert.match(ended.stderr, /^module-dump-state: dumped \[31m$/m);
    for (
      const line of [
        '"/etc" is left out',
        '"state/../../etc" is left out',
        '"volumes/gone" is left out: there is no such volume',
      ]
    ) {
      assert.ok(ended.stderr.includes(line), ended.stderr);
    }
    const lines = ended.stdout.trim().split("\n").map((line) => JSON.parse(line));
    const summary = lines.at(-1);
    assert.equal(summary.message_type, "summary");
    assert.match(summary.snapshot_id, /^[0-9a-f]{64}$/);
    assert.equal(summary.total_files_processed, 4);
    assert.ok(summary.total_bytes_processed > 0 && summary.data_added > 0);
    assert.deepEqual((await snapshots()).map(({ hostname }) => hostname), [uuid]);
  });

  await t.step(
    "an exclude list cannot take state/environment out, and without lists that is all",
    async () => {
      folder.write("etc/state-include.conf", "");
      folder.write("etc/state-exclude.conf", "*\nstate\nenvironment\n");
      const ended = await backUp();
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stdout, /^module\/dokuwiki[0-9]+: snapshot [0-9a-f]{8} of 1 files, [0-9.]+ B, /);
      assert.deepEqual(await stored(), ["/state/environment"]);
      Deno.removeSync(`${folder.path}/etc/state-include.conf`);
      Deno.removeSync(`${folder.path}/etc/state-exclude.conf`);
      assert.equal((await backUp()).code, 0);
      assert.deepEqual(await stored(), ["/state/environment"]);
    },
  );

  await t.step("a dump that fails fails the backup, and is tidied up after", async () => {
    const before = (await snapshots()).length;
    folder.program("module-dump-state", 'echo "no space" >&2; exit 4');
    folder.program("module-cleanup-state", "echo again >cleaned");
    const ended = await backUp("--json");
    assert.equal(ended.code, 1);
    assert.match(
      ended.stderr,
      /Cannot back up module\/dokuwiki[0-9]+: module-dump-state ended with exit code 4: no space/,
    );
    assert.equal(ended.stdout, "");
    assert.equal(await Deno.readTextFile(`${folder.path}/state/cleaned`), "again\n");
    assert.equal((await snapshots()).length, before);
  });

  await t.step("programs that are not executable are left out, and named", async () => {
    for (const name of ["module-dump-state", "module-cleanup-state"]) {
      folder.write(`bin/${name}`, "#!/bin/sh\nexit 1\n");
    }
    const ended = await backUp();
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /warning: module-dump-state is not executable/);
    assert.match(ended.stderr, /warning: module-cleanup-state is not executable/);
  });

  await t.step("of two at once the second ends with 3", async () => {
    folder.program(
      "module-dump-state",
      `>${waiting}; for i in $(seq 600); do [ ! -e ${release} ] || exit 0; sleep 0.1; done; exit 1`,
    );
    const first = beginModuleBackup(ARGS, folder);
    await eventually("the first one dumps", () => exists(waiting));
    const second = await backUp();
    assert.equal(second.code, 3, second.stderr);
    assert.match(second.stderr, /another run is at work/);
    folder.write("state/release", "");
    assert.equal((await first.ended).code, 0);
  });

  await t.step(
    "kill -9: the restic that it leaves behind is ended before the next one begins, which succeeds",
    async () => {
      const before = (await snapshots()).length;
      slowDump();
      const killed = beginModuleBackup(ARGS, folder);
      await eventually("it dumps", () => exists(waiting));
      // restic tries again for minutes then.
      await gateway.kill();
      folder.write("state/release", "");
      await eventually("restic runs", () => running(CONTAINER));
      assert.deepEqual(commandLines().filter((line) => SECRETS.some((secret) => line.includes(secret))), []);
      assert.ok(
        commandLines().some((line) => line.includes("--files-from")),
        "restic is not among the processes",
      );
      killed.kill("SIGKILL");
      await killed.ended;
      // Some hosts' Podman ends it with its client. Then another one stands there in its place: something always does.
      if (await running(CONTAINER) === undefined) {
        await podman(
          ...[
            "run",
            "--detach",
            "--rm",
            "--replace",
            "--name",
            CONTAINER,
            "--label",
            LABEL,
            "--network=none",
          ],
          ...["--entrypoint=sleep", IMAGES.restic, "600"],
        );
      }
      const left = await running(CONTAINER);
      assert.ok(left !== undefined, "nothing is left behind");
      slowDump();
      const next = beginModuleBackup(ARGS, folder);
      await eventually("what was left behind is ended", async () => await running(CONTAINER) !== left);
      assert.ok(!await exists(waiting), "its dump has begun before");
      await gateway.start();
      await eventually("the next one dumps", () => exists(waiting), 60_000);
      folder.write("state/release", "");
      const ended = await next.ended;
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal((await snapshots()).length, before + 1);
    },
  );

  await t.step("interrupted: the dump is ended, tidied up after, and the next one can begin", async () => {
    slowDump();
    Deno.removeSync(`${folder.path}/state/cleaned`);
    folder.program("module-cleanup-state", "echo again >cleaned");
    const begun = beginModuleBackup(ARGS, folder);
    await eventually("it dumps", () => exists(waiting));
    begun.kill("SIGTERM");
    const ended = await begun.ended;
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /module-dump-state was interrupted/);
    assert.equal(await Deno.readTextFile(`${folder.path}/state/cleaned`), "again\n");
    assert.ok(!commandLines().some((line) => line.includes("bin/module-dump-state")), "the dump goes on");
  });

  await t.step("interrupted while restic runs: it takes its lock away", async () => {
    Deno.removeSync(`${folder.path}/bin/module-dump-state`);
    folder.write("etc/state-include.conf", "state/large\n");
    await run("sh", ["-c", 'head -c 300000000 /dev/urandom >"$1"', "sh", `${folder.path}/state/large`]);
    const begun = beginModuleBackup([...ARGS, "--json"], folder);
    await eventually("restic is at it", () => begun.printed().includes('"status"'));
    begun.kill("SIGINT");
    const ended = await begun.ended;
    assert.equal(ended.code, 1, "it was done before it was interrupted");
    assert.match(ended.stderr, /restic was interrupted/);
    assert.doesNotMatch(ended.stdout, /summary/);
    assert.equal((await resticOk(["list", "locks", "--no-lock"], asNode)).trim(), "");
    Deno.removeSync(`${folder.path}/state/large`);
  });

  await t.step("a wrong secret makes no repository", async () => {
    folder.write("state/agent.env", `REDIS_USER=${module.name}\nREDIS_PASSWORD=wrong\n`, 0o600);
    const ended = await backUp();
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /Cannot open the repository: restic ended with exit code 1/);
    folder.write("state/agent.env", "REDIS_USER=module/dokuwiki2\nREDIS_PASSWORD=wrong\n", 0o600);
    assert.match((await backUp()).stderr, /its REDIS_USER is not module\/dokuwiki[0-9]+/);
  });

  await t.step("no secret in what was printed", () => {
    assert.deepEqual(outputs.filter((output) => SECRETS.some((secret) => output.includes(secret))), []);
  });
});

async function running(container: string): Promise<string | undefined> {
  const { stdout } = await run("podman", ["ps", "--quiet", "--no-trunc", "--filter", `name=^${container}$`]);
  return stdout.trim() || undefined;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
