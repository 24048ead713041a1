/** module-backup of a module whose folder is another user's: everything of it is read and run as that user, by that user's Podman. */
import assert from "node:assert/strict";
import { fillCluster, NODE1 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { beginModuleBackup, moduleBackup } from "./harness/module_backup.ts";
import { addOwnModule, makeModuleFolder } from "./harness/module_folder.ts";
import { makeFolder, makeVolume, run } from "./harness/podman.ts";
import { REDIS_USERS, startRedis } from "./harness/redis.ts";
import { resticOk } from "./harness/restic.ts";
import { makeUser, withoutRootless } from "./harness/unprivileged.ts";

const because = await withoutRootless();
if (because !== undefined) {
  console.error(`Left out, since users of this host cannot run containers: ${because}`);
}

Deno.test({
  name: "a_module_of_a_user_is_backed_up_as_that_user",
  ignore: because !== undefined,
  fn: async (t) => {
    await using redis = await startRedis();
    await fillCluster(redis.client);
    const module = await addOwnModule(redis.client);
    const { id, uuid } = module;
    await using disk = await makeVolume("srv");
    await using _gateway = await startGateway({ args: ["--volume", `${disk.name}:/srv/repo`] });
    using homes = makeFolder();
    await using user = await makeUser(id, `${homes.path}/${id}`);
    const folder = makeModuleFolder(module, { uid: user.uid, home: homes });
    const asNode = { as: NODE1, repositoryOf: module };
    const backUp = (...more: string[]) =>
      moduleBackup(["1", "--module", id, ...more], folder, { by: user.by });
    const stored = async (): Promise<string[]> =>
      (await resticOk(["ls", "latest", "--no-lock", "--json"], asNode)).split("\n")
        .filter((line) => line.includes('"node"')).map((line) => JSON.parse(line))
        .filter(({ type }) => type === "file").map(({ path }) => path as string).sort();
    const state = `${folder.path}/state`;

    await t.step(
      "the user's volumes keep their names, and the user's Podman gets restic's image",
      async () => {
        await user.run("podman", "volume", "create", "wiki-data");
        await user.run("podman", "volume", "create", "restic-cache");
        const mountpoint = await user.run(
          "podman",
          "volume",
          "inspect",
          "--format={{.Mountpoint}}",
          "wiki-data",
        );
        // Of a user inside a container: nobody's outside.
        await user.run(
          "podman",
          "unshare",
          "sh",
          "-c",
          `echo page >${mountpoint}/page; chown 33:33 ${mountpoint}/page; chmod 600 ${mountpoint}/page`,
        );
        folder.write("etc/state-include.conf", "state/dump\nvolumes/wiki-data\nvolumes/restic-cache\n");
        folder.program(
          "module-dump-state",
          'echo "$(id -u) $(id -G) $HOME $(pwd) $MODULE_UUID $1 ${NODE_ID:-none}" >dump; echo "$PATH"; cut -d" " -f6 /proc/$$/stat >session',
        );
        folder.program("module-cleanup-state", "cp dump dumped; id -u >cleaned");
        const ended = await backUp("--json");
        assert.equal(ended.code, 0, ended.stdout + ended.stderr);
        assert.equal(JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "").total_files_processed, 3);
        assert.deepEqual(await stored(), ["/state/dump", "/state/environment", "/volumes/wiki-data/page"]);
        const { uid } = user;
        assert.equal(
          await Deno.readTextFile(`${state}/dumped`),
          `${uid} ${uid} ${user.home} ${state} ${uuid} 1 none\n`,
        );
        assert.equal(await Deno.readTextFile(`${state}/cleaned`), `${uid}\n`);
        // Nor can it type into the terminal of who has started it all.
        const session = (await Deno.readTextFile("/proc/self/stat")).split(" ")[5];
        assert.notEqual((await Deno.readTextFile(`${state}/session`)).trim(), session);
        assert.match(ended.stderr, new RegExp(`^module-dump-state: ${folder.path}/bin:`, "m"));
        // Not root's: neither the cache nor the container was made by root's Podman.
        assert.equal((await run("podman", ["volume", "exists", `restic-cache-${id}`])).code, 1);
        assert.match(
          await user.run("podman", "volume", "ls", "--format={{.Name}}"),
          new RegExp(`restic-cache-${id}`),
        );
      },
    );

    await t.step(
      "what the dump is told by the module's own files does not reach what runs as root",
      async () => {
        folder.write(
          "state/environment",
          `LD_PRELOAD=${state}/evil.so\nUID=0\nPATH=/nowhere\nODD=$(touch ${state}/evaluated) \`x\` "\n`,
        );
        folder.program("module-cleanup-state", ":");
        // Its parent was started with what there was when root's rights were dropped.
        folder.program(
          "module-dump-state",
          'PATH=/usr/bin:/bin; printf %s "$LD_PRELOAD $ODD" >dump; cat "/proc/$PPID/environ" >before',
        );
        const ended = await backUp();
        assert.equal(ended.code, 0, ended.stderr);
        assert.equal(
          await Deno.readTextFile(`${state}/dump`),
          `${state}/evil.so $(touch ${state}/evaluated) \`x\` "`,
        );
        const before = (await Deno.readTextFile(`${state}/before`)).split("\0");
        assert.ok(before.includes(`HOME=${user.home}`), before.join("\n"));
        assert.ok(!before.some((entry) => entry.startsWith("LD_PRELOAD=")), before.join("\n"));
        await assert.rejects(Deno.stat(`${state}/evaluated`));
      },
    );

    await t.step("a file that cannot be read fails the backup, and is named", async () => {
      folder.write("etc/state-include.conf", "state/roots\n");
      await Deno.writeTextFile(`${state}/roots`, "root's", { mode: 0o600 });
      const ended = await backUp("--json");
      assert.equal(ended.code, 1);
      assert.match(ended.stderr, /exit code 3 \(some of the files could not be read\).*\/srv\/state\/roots/);
      assert.doesNotMatch(ended.stdout, /summary/);
      Deno.removeSync(`${state}/roots`);
    });

    await t.step(
      "interrupted: the user's restic takes its lock away, killed: the next one ends it",
      async () => {
        folder.write("etc/state-include.conf", "state/large\n");
        await run("sh", ["-c", 'head -c 300000000 /dev/urandom >"$1"', "sh", `${state}/large`]);
        const begin = async () => {
          const begun = beginModuleBackup(["1", "--module", id, "--json"], folder, { by: user.by });
          await eventually("restic is at it", () => begun.printed().includes('"status"'));
          return begun;
        };
        const container = () =>
          user.run("podman", "ps", "--quiet", "--filter", `name=^rclone-gateway-backup-${id}$`);
        const interrupted = await begin();
        interrupted.kill("SIGINT");
        assert.match((await interrupted.ended).stderr, /restic was interrupted/);
        assert.equal((await resticOk(["list", "locks", "--no-lock"], asNode)).trim(), "");
        assert.equal(await container(), "");
        const killed = await begin();
        killed.kill("SIGKILL");
        await killed.ended;
        Deno.removeSync(`${state}/large`);
        const ended = await backUp();
        assert.equal(ended.code, 0, ended.stderr);
        assert.equal(await container(), "");
        assert.deepEqual(await stored(), ["/state/environment"]);
      },
    );

    await t.step("a list that leads to root's files is read as the user, and not at all", async () => {
      const secret = `${homes.path}/roots-secret`;
      await Deno.writeTextFile(secret, "state/of-root\n", { mode: 0o600 });
      Deno.removeSync(`${folder.path}/etc/state-include.conf`);
      await Deno.symlink(secret, `${folder.path}/etc/state-include.conf`);
      const ended = await backUp();
      assert.equal(ended.code, 1);
      assert.match(ended.stderr, /Cannot read .*state-include.conf as dokuwiki/);
      assert.doesNotMatch(ended.stdout + ended.stderr, /of-root/);
      Deno.removeSync(`${folder.path}/etc/state-include.conf`);
      // One that never ends.
      await Deno.symlink("/dev/zero", `${folder.path}/etc/state-include.conf`);
      assert.match((await backUp()).stderr, /state-include.conf: it is larger than 1048576 bytes/);
      Deno.removeSync(`${folder.path}/etc/state-include.conf`);
    });

    await t.step(
      "a folder that the user has exchanged for one of root's is refused, and nothing is run",
      async () => {
        const trap = `${homes.path}/trap`;
        await Deno.mkdir(`${trap}/bin`, { recursive: true });
        await Deno.writeTextFile(`${trap}/bin/module-dump-state`, `#!/bin/sh\ntouch ${trap}/run\n`, {
          mode: 0o755,
        });
        await Deno.rename(folder.path, `${folder.path}.away`);
        await Deno.symlink(trap, folder.path);
        const ended = await backUp();
        assert.equal(ended.code, 2);
        assert.match(ended.stderr, /\.config is a symbolic link/);
        await assert.rejects(Deno.stat(`${trap}/run`));
        Deno.removeSync(folder.path);
        await Deno.rename(trap, folder.path);
        const moved = await backUp();
        assert.equal(moved.code, 2);
        assert.match(moved.stderr, /\.config belongs to user 0, in a folder of user 48123/);
      },
    );

    await t.step("no secret in the user's reach but its own", async () => {
      const ended = await run("grep", [
        "-rlF",
        "-e",
        REDIS_USERS.operator.password,
        "-e",
        NODE1.secret,
        user.home,
      ]);
      assert.equal(ended.stdout, "");
    });
  },
});
