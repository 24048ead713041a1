import assert from "node:assert/strict";
import { DESTINATION, DOKUWIKI1, DOKUWIKI2, fillCluster, MAIL1 } from "./harness/cluster.ts";
import { storeDestination } from "./harness/destinations.ts";
import { startGateway } from "./harness/gateway.ts";
import { makeFolder, makeVolume, podman, run } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import {
  assertSameTree,
  backUp,
  ctl,
  ctlOk,
  initRepository,
  makeModules,
  record,
  resticAs,
} from "./harness/restoring.ts";
import { configuration } from "./harness/storage/rclone.ts";
import { startS3 } from "./harness/storage/s3.ts";
import { makeTree } from "./harness/tree.ts";

const GRANTS = "private/nodes/restore_uuid";
const S3 = "5a1c2d3e-0000-4000-8000-000000000053";
const DAY = 86_400;
const NOW = Math.floor(Date.now() / 1000);
const DATA = "restored-data";

Deno.test("a_module_restores_what_another_has_backed_up_and_keeps_no_grant", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await redis.client.set("cluster/uuid", "c0000000-0000-4000-8000-000000000001");
  await using s3 = await startS3();
  await storeDestination(redis.client, {
    id: S3,
    name: "bucket",
    section: await configuration(s3),
    basepath: s3.path,
  });
  await redis.client.hSet("private/agents/backup_destination/restic_password", S3, "restic-password-Lm7");
  await using disk = await makeVolume("srv");
  await using _gateway = await startGateway({ args: ["--volume", `${disk.name}:/srv/repo`] });
  using modules = makeModules();
  const [one, two] = [modules.add(DOKUWIKI1), modules.add(DOKUWIKI2)];
  modules.add(MAIL1);
  using volume = makeFolder();
  makeTree(volume.path, 400, 8 << 20);
  makeTree(`${one}/state/app`, 20, 1 << 20);
  const mounts = { [`${one}/state`]: "/srv/state", [volume.path]: `/srv/volumes/${DATA}` };
  const volumeOfTwo = `dokuwiki2-${DATA}`;
  await using _volume = {
    [Symbol.asyncDispose]: async () => void await run("podman", ["volume", "rm", "--force", volumeOfTwo]),
  };

  await initRepository(DOKUWIKI1);
  await initRepository(DOKUWIKI1, S3);
  const old = await backUp(DOKUWIKI1, mounts);
  await Deno.writeTextFile(`${volume.path}/later`, "later");
  const good = await backUp(DOKUWIKI1, mounts);
  const onS3 = await backUp(DOKUWIKI1, mounts, { destination: S3 });
  await record(redis.client, DOKUWIKI1, old, NOW - 2 * DAY);
  await record(redis.client, DOKUWIKI1, good, NOW - DAY);
  await record(redis.client, DOKUWIKI1, onS3, NOW - DAY, S3);
  // As an application could write it, to be what is restored.
  using nothing = makeFolder();
  await Deno.mkdir(`${nothing.path}/state`);
  await Deno.mkdir(`${nothing.path}/volumes`);
  const forged = await backUp(DOKUWIKI1, { [nothing.path]: "/srv" }, {
    args: [`--time=${new Date((NOW + 365 * DAY) * 1000).toISOString().slice(0, 19).replace("T", " ")}`],
  });

  await t.step("snapshots: on all destinations, what is recorded, and what dates itself ahead", async () => {
    const listed = JSON.parse(await ctlOk(modules, "snapshots", "--module", "dokuwiki1", "--json"));
    const of = (id: string) => listed.find((each: { id: string }) => each.id === id);
    assert.equal(listed.length, 4);
    assert.deepEqual(
      [of(good).destination, of(good).recorded.seen, of(good).future],
      [DESTINATION, NOW - DAY, false],
    );
    assert(of(good).bytes >= 8 << 20 && of(good).files > 400 && of(good).end >= of(good).start);
    assert.equal(of(onS3).destination, S3);
    assert.deepEqual([of(forged).recorded, of(forged).future], [null, true]);
    const table = await ctlOk(
      modules,
      "snapshots",
      "--destination",
      DESTINATION,
      "--repopath",
      `dokuwiki/${DOKUWIKI1.uuid}`,
    );
    assert.match(table, new RegExp(`${forged.slice(0, 16)} .*NOT RECORDED, DATED IN THE FUTURE`));
    assert.match(table, new RegExp(`${good.slice(0, 16)} .*by node 1 `));
    assert(!table.includes(onS3.slice(0, 16)));
  });

  await t.step("without a grant restic itself is refused", async () => {
    const refused = await resticAs(DOKUWIKI2, ["snapshots", "--no-lock"], { of: DOKUWIKI1 });
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /403/);
  });

  const restore = (...more: string[]): string[] => ["restore", "--module", "dokuwiki2", ...more];
  await t.step("what is not valid ends with 2, and makes no grant", async () => {
    const cases: readonly (readonly [args: string[], says: RegExp])[] = [
      [restore("--snapshot", "latest", "--from", "mail1"), /mail1 is of app type mail/],
      [restore("--snapshot", "latest", "--from", `mail/${MAIL1.uuid}`), /of app type mail/],
      [restore("--snapshot", "latest", "--from", "dokuwiki1"), /on 2 destinations, name one/],
      [restore("--snapshot", "../x"), /neither latest nor an id/],
      [restore("--snapshot", good, "--any", "--ttl", "x", "--target", "x"), /--any .*--ttl x .*--target x/],
      [["restore", "--snapshot", "latest", "--module", "dokuwiki9"], /there is no module\/dokuwiki9/],
    ];
    for (const [args, says] of cases) {
      const ended = await ctl(modules, args);
      assert.equal(ended.code, 2, args.join(" ") + ended.stderr);
      assert.match(ended.stderr, says);
    }
    assert.equal(await redis.client.exists(GRANTS), 0);
  });

  const from = restore("--from", "dokuwiki1", "--destination", DESTINATION);
  await t.step("latest is the newest recorded one, and all of it arrives in state and volumes", async () => {
    const printed = await ctlOk(modules, ...from, "--snapshot", "latest", "--verify", "--json");
    const last = JSON.parse(printed.trim().split("\n").at(-1) ?? "");
    assert.deepEqual([last.message_type, last.snapshot_id], ["summary", good]);
    const path = await podman("volume", "inspect", "--format", "{{.Mountpoint}}", volumeOfTwo);
    await assertSameTree(volume.path, path);
    await assertSameTree(`${one}/state`, `${two}/state`, ["environment", "agent.env"]);
    assert.match(await Deno.readTextFile(`${two}/state/environment`), new RegExp(DOKUWIKI2.uuid));
    assert.match(await Deno.readTextFile(`${two}/state/agent.env`), /module\/dokuwiki2/);
    assert.equal(await redis.client.exists(GRANTS), 0);
  });

  await t.step("what is there is not written over without a yes", async () => {
    const refused = await ctl(modules, [...from, "--snapshot", old]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /state is not empty; the volume .* is not empty.*--yes/);
    await ctlOk(modules, ...from, "--snapshot", old.slice(0, 10), "--yes");
    assert.equal(await redis.client.exists(GRANTS), 0);
  });

  await t.step("from S3, into a folder", async () => {
    using target = makeFolder(0o700);
    await ctlOk(
      modules,
      ...restore("--from", DOKUWIKI1.uuid, "--destination", S3, "--snapshot", "latest"),
      "--target",
      `${target.path}/all`,
    );
    await assertSameTree(volume.path, `${target.path}/all/volumes/${DATA}`);
  });

  await t.step("--any takes the one with the latest date, and says what that means", async () => {
    using target = makeFolder(0o700);
    // A snapshot can hold programs with root's rights.
    await Deno.chmod(target.path, 0o755);
    const open = await ctl(modules, [
      ...from,
      "--snapshot",
      "latest",
      "--any",
      "--target",
      target.path,
      "--yes",
    ]);
    assert.deepEqual([open.code, [...Deno.readDirSync(target.path)]], [2, []]);
    assert.match(open.stderr, /has to be root's own and closed to others/);
    await Deno.chmod(target.path, 0o700);
    const ended = await ctl(modules, [...from, "--snapshot", "latest", "--any", "--target", target.path]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /No node has recorded this snapshot[^]*dated in the future/);
    assert.match(ended.stdout, new RegExp(forged.slice(0, 16)));
  });

  await t.step("a module needs no grant for its own, nor the leader", async () => {
    using target = makeFolder(0o700);
    const ended = await ctl(
      { ...modules, environment: { ...modules.environment, REDIS_ADDRESS: "127.0.0.1:1" } },
      ["restore", "--module", "dokuwiki1", "--snapshot", good, "--destination", DESTINATION].concat(
        "--target",
        target.path,
      ),
    );
    assert.equal(ended.code, 0, ended.stderr);
  });

  await t.step("with the leader away it says that it cannot make a grant", async () => {
    const ended = await ctl(
      { ...modules, environment: { ...modules.environment, REDIS_ADDRESS: "127.0.0.1:1" } },
      [...from, "--snapshot", "latest", "--yes"],
    );
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /Cannot make a restore grant, .*127\.0\.0\.1:1/);
  });

  await t.step("an operator's grant is used and stays, another's is not replaced", async () => {
    await redis.client.hSet(GRANTS, DOKUWIKI2.uuid, DOKUWIKI1.uuid);
    const used = await ctl(modules, [...from, "--snapshot", "latest", "--yes"]);
    assert.equal(used.code, 0, used.stderr);
    assert.match(used.stderr, /holds a grant for it already, which is used and stays/);
    assert.equal(await redis.client.hGet(GRANTS, DOKUWIKI2.uuid), DOKUWIKI1.uuid);
    await redis.client.hSet(GRANTS, DOKUWIKI2.uuid, MAIL1.uuid);
    const refused = await ctl(modules, [...from, "--snapshot", "latest", "--yes"]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`holds one for ${MAIL1.uuid}`));
    assert.equal(await redis.client.hGet(GRANTS, DOKUWIKI2.uuid), MAIL1.uuid);
    await redis.client.del(GRANTS);
  });
});
