import assert from "node:assert/strict";
import { DESTINATION, DOKUWIKI1, fillCluster, MAIL1, NODE1 } from "./harness/cluster.ts";
import { storeDestination } from "./harness/destinations.ts";
import { GATEWAY, startGateway } from "./harness/gateway.ts";
import { makeFolder, makeVolume } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { backUp, ctl, initRepository, makeModules } from "./harness/restoring.ts";
import { configuration } from "./harness/storage/rclone.ts";
import { startS3 } from "./harness/storage/s3.ts";
import { startSilent } from "./harness/storage/silent.ts";

const S3 = "5a1c2d3e-0000-4000-8000-000000000053";
const DEAD = "5a1c2d3e-0000-4000-8000-000000000054";
const SILENT = "5a1c2d3e-0000-4000-8000-000000000055";
const CLUSTER = "c0000000-0000-4000-8000-000000000001";
const OTHER_CLUSTER = "c0000000-0000-4000-8000-000000000002";
const STRANGER = "f0000000-0000-4000-8000-000000000001";

Deno.test("what_is_stored_is_shown_whoever_stored_it_and_whatever_it_says", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await redis.client.set("cluster/uuid", CLUSTER);
  await using s3 = await startS3();
  const section = await configuration(s3);
  await storeDestination(redis.client, { id: S3, name: "bucket", section, basepath: s3.path });
  await redis.client.hSet("private/agents/backup_destination/restic_password", S3, "restic-password-Lm7");
  await using disk = await makeVolume("srv");
  await using _gateway = await startGateway({ args: ["--volume", `${disk.name}:/srv/repo`] });
  using modules = makeModules();
  using folder = makeFolder();
  await Deno.mkdir(`${folder.path}/state`);
  await Deno.mkdir(`${folder.path}/volumes`);
  for (const destination of [DESTINATION, S3]) {
    await initRepository(DOKUWIKI1, destination);
    await backUp(DOKUWIKI1, { [folder.path]: "/srv" }, { destination });
  }
  await initRepository(MAIL1);

  const put = async (path: string, body: string): Promise<void> => {
    const { status } = await request("PUT", `${GATEWAY}/${path}`, { as: NODE1, rest: false, body });
    assert(status === 201 || status === 204, `${path}: ${status}`);
  };
  const mkcol = async (path: string): Promise<void> => {
    const { status } = await request("MKCOL", `${GATEWAY}/${path}`, { as: NODE1, rest: false });
    assert.equal(status, 201, path);
  };
  const now = Math.floor(Date.now() / 1000);
  const good = {
    module_id: "dokuwiki1",
    module_ui_name: "Our wiki",
    node_fqdn: "one.example.org",
    cluster_uuid: CLUSTER,
    uuid: DOKUWIKI1.uuid,
    timestamp: now,
    success: true,
  };
  await put(`${DESTINATION}/dokuwiki/${DOKUWIKI1.uuid}.json`, JSON.stringify(good));
  // On S3 it lies, and would like to write on somebody's terminal.
  await put(
    `${S3}/dokuwiki/${DOKUWIKI1.uuid}.json`,
    JSON.stringify({
      ...good,
      uuid: STRANGER,
      module_ui_name: "\x1b]0;owned\x07\u009b31m\u202e",
      node_fqdn: "a\nb",
    }),
  );
  await put(`${DESTINATION}/mail/${MAIL1.uuid}.json`, "x".repeat(65 * 1024));
  // Another cluster's, whose application is not here.
  await mkcol(`${DESTINATION}/forum`);
  await mkcol(`${DESTINATION}/forum/${STRANGER}`);
  await put(`${DESTINATION}/forum/${STRANGER}/config`, "x");
  await put(
    `${DESTINATION}/forum/${STRANGER}.json`,
    JSON.stringify({
      ...good,
      module_id: "forum1",
      uuid: STRANGER,
      cluster_uuid: OTHER_CLUSTER,
      success: false,
    }),
  );
  // The gateway would not take such a name: whoever has the storage itself can make one. rclone shows it with U+241B.
  await Deno.writeTextFile(`${await disk.path()}/notes & \x1b[2J.txt`, "x");
  await mkcol(`${DESTINATION}/Photos`);
  await mkcol(`${DESTINATION}/forum/not-a-uuid`);
  await mkcol(`${DESTINATION}/forum/${OTHER_CLUSTER}`);
  await put(`${DESTINATION}/forum/${CLUSTER}.json`, "{}");

  await t.step("each repository with its module, its cluster and its manifest", async () => {
    const { code, stdout, stderr } = await ctl(modules, ["repositories", "--json"]);
    assert.equal(code, 0, stderr + stdout);
    const { destinations, repositories } = JSON.parse(stdout);
    const of = (destination: string, uuid: string) =>
      repositories.find((each: { destination: string; uuid: string }) =>
        each.destination === destination && each.uuid === uuid
      );
    assert.equal(repositories.length, 4);
    const wiki = of(DESTINATION, DOKUWIKI1.uuid);
    assert.deepEqual([wiki.path, wiki.installed, wiki.ownCluster, wiki.manifest.name, wiki.problems], [
      `dokuwiki/${DOKUWIKI1.uuid}`,
      ["dokuwiki1"],
      true,
      "Our wiki",
      [],
    ]);
    const lying = of(S3, DOKUWIKI1.uuid);
    assert.deepEqual(lying.problems, [`it says that it is of ${STRANGER}`]);
    assert.deepEqual([lying.manifest.name, lying.manifest.node], ["]0;owned 31m", "a b"]);
    const mail = of(DESTINATION, MAIL1.uuid);
    assert.deepEqual([mail.installed, mail.manifest], [["mail1"], null]);
    assert.match(mail.problems.join(), /larger than 65536 bytes/);
    const forum = of(DESTINATION, STRANGER);
    assert.deepEqual([forum.installed, forum.ownCluster, forum.manifest.success], [[], false, false]);
    assert.deepEqual(destinations.find(({ id }: { id: string }) => id === DESTINATION).foreign, [
      "Photos",
      `forum/${CLUSTER}.json`,
      `forum/${OTHER_CLUSTER}/ (no config in it)`,
      "forum/not-a-uuid",
      "notes & \u241b[2J.txt",
    ]);
  });

  await t.step("for people: everything is named, and nothing reaches the terminal", async () => {
    const { code, stdout, stderr } = await ctl(modules, ["repositories"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Local disk +dokuwiki\/\S+ +dokuwiki1 +this one +\S+Z +Our wiki, one.example.org/);
    assert.match(stdout, new RegExp(`forum/${STRANGER} +\\(forum1\\) +${OTHER_CLUSTER} +\\S+Z FAILED`));
    assert.match(stdout, /skipped, nothing of ours: Photos/);
    assert.match(stdout, new RegExp(`the manifest of dokuwiki/\\S+: it says that it is of ${STRANGER}`));
    assert.doesNotMatch(stdout + stderr, /[^\P{Cc}\n]|\p{Cf}/u);
  });

  await t.step("one that is down and one that is silent harm no other, and are named", async () => {
    await s3.kill();
    await using silent = startSilent();
    await storeDestination(redis.client, {
      id: DEAD,
      name: "dead",
      section: section.replace(/127\.0\.0\.1:[0-9]+/, "127.0.0.1:9"),
      basepath: "x",
    });
    await storeDestination(redis.client, {
      id: SILENT,
      name: "silent",
      section: section.replace(/127\.0\.0\.1:[0-9]+/, `127.0.0.1:${silent.port}`),
      basepath: "x",
    });
    await redis.client.publish(
      "cluster/event/backup-destination-changed",
      JSON.stringify({ destination_ids: [DEAD, SILENT] }),
    );
    const { code, stdout, stderr } = await ctl(modules, ["repositories", "--json"]);
    assert.equal(code, 1, stderr);
    const { destinations, repositories } = JSON.parse(stdout);
    const on = (destination: string): number =>
      repositories.filter((each: { destination: string }) => each.destination === destination).length;
    assert.deepEqual([DESTINATION, S3, DEAD, SILENT].map(on), [3, 0, 0, 0]);
    for (const { id, problems } of destinations) {
      assert.equal(problems.length, id === DESTINATION ? 0 : 1, `${id}: ${problems}`);
    }
    const one = await ctl(modules, ["repositories", "--destination", DESTINATION]);
    assert.equal(one.code, 0, one.stderr);
  });

  await t.step("without the node's secret it says what is missing", async () => {
    const { code, stderr } = await ctl(
      { ...modules, environment: { ...modules.environment, NODE_PASSWORD: "" } },
      ["repositories"],
    );
    assert.equal(code, 2);
    assert.match(stderr, /NODE_PASSWORD/);
  });
});
