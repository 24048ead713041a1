import assert from "node:assert/strict";
import {
  assertNothingSecretPrinted,
  CONF,
  ends,
  events,
  everything,
  OTHER_SECRET,
  PASSWORDS,
  printed,
  refused,
  RESTIC_PASSWORD,
  S3,
  S3_URL,
  s3Request,
  WEBDAV,
  webdavRequest,
} from "./destinations/command.ts";
import { LOGIN, startRefusing, startStorage } from "./destinations/storages.ts";
import { rclonegwctlInImage } from "./harness/rclonegwctl.ts";
import { startRedis } from "./harness/redis.ts";

Deno.test("an_s3_destination_is_tried_stored_and_told_once", async (t) => {
  await using redis = await startRedis();
  await using _storage = await startStorage("s3");
  let id = "";

  await t.step("add: all three keys, one event, nothing left in the storage", async () => {
    const { result, heard } = await events(
      redis,
      () => ends(0, ["add", "--stdin", "--json"], { input: s3Request() }),
    );
    const added = JSON.parse(result.stdout);
    id = added.id;
    assert.deepEqual(added, { id, name: "S3 files", provider: "generic-s3", url: S3_URL, basepath: "" });
    assert.equal(id[14], "5");
    assert.deepEqual(heard, [["cluster/event/backup-destination-changed", { destination_ids: [id] }]]);
    assert.equal(await redis.client.hGet(PASSWORDS, id), RESTIC_PASSWORD);
    assert.deepEqual({ ...await redis.client.hGetAll(`cluster/backup_repository/${id}`) }, {
      provider: "generic-s3",
      name: "S3 files",
      url: S3_URL,
      basepath: "",
    });
    assert.equal(
      await redis.client.hGet(CONF, id),
      `[${id}]\ntype = s3\nprovider = Other\nendpoint = http://${S3.address}\nno_check_bucket = true\n` +
        `access_key_id = ${S3.id}\nsecret_access_key = ${S3.secret}\n`,
    );
  });
  await refused(t, redis, [
    ["add again", ["add", "--stdin"], new RegExp(`it is destination ${id} already`), 1, s3Request()],
    [
      "add again by options: the same uuid",
      [
        "add",
        "--provider=generic-s3",
        `--url=${S3_URL}`,
        `--aws-access-key-id=${S3.id}`,
        "--aws-secret-access-key-file=-",
      ],
      new RegExp(`it is destination ${id} already`),
      1,
      S3.secret,
    ],
    [
      "wrong secret",
      ["add", "--stdin"],
      /list failed on node 1 .*rclone says: .*(SignatureDoesNotMatch|403)/s,
      1,
      s3Request({ url: `s3:http://${S3.address}/readonly` }, { aws_secret_access_key: OTHER_SECRET }),
    ],
    [
      "no such bucket",
      ["add", "--stdin"],
      /list failed on node 1 .*rclone says: .*directory not found/s,
      1,
      s3Request({ url: `s3:http://${S3.address}/nobucket` }),
    ],
    [
      "nobody there",
      ["add", "--stdin"],
      /list failed on node 1 .*rclone says: .*connection refused/s,
      1,
      s3Request({ url: "s3:http://127.0.0.1:9/mybucket" }),
    ],
    [
      "every problem at once",
      ["add", "--stdin"],
      /url has no endpoint[^]*there is no field azure_x[^]*aws_access_key_id is missing/,
      2,
      s3Request({ url: "s3:mybucket" }, { azure_x: "1", aws_access_key_id: "" }),
    ],
    ["not JSON", ["add", "--stdin"], /is not JSON/, 2, `{"secret_access_key": "${OTHER_SECRET}`],
    [
      "alter to a wrong secret",
      ["alter", id, "--aws-secret-access-key-file=-"],
      /list failed on node 1/,
      1,
      OTHER_SECRET,
    ],
    [
      "alter the provider",
      ["alter", id, "--stdin"],
      /provider is generic-s3 and stays so/,
      2,
      s3Request({ provider: "aws", password: "" }),
    ],
    [
      "alter what is not there",
      ["alter", "00000000-0000-5000-8000-000000000000", "--name=x"],
      /There is no destination/,
      1,
    ],
    [
      "remove what is not there",
      ["remove", "00000000-0000-5000-8000-000000000000"],
      /There is no destination/,
      1,
    ],
  ]);
  await t.step("alter with an empty secret keeps it", async () => {
    const { heard } = await events(redis, () =>
      ends(0, ["alter", id, "--stdin"], {
        input: JSON.stringify({
          id,
          provider: "generic-s3",
          name: "Renamed",
          url: `${S3_URL}/`,
          parameters: {
            aws_access_key_id: S3.id,
            aws_secret_access_key: "",
            aws_default_region: "us-east-1",
          },
        }),
      }));
    assert.deepEqual(heard, [["cluster/event/backup-destination-changed", { destination_ids: [id] }]]);
    const section = await redis.client.hGet(CONF, id) ?? "";
    assert(section.includes(`secret_access_key = ${S3.secret}\n`));
    assert.match(section, /region = us-east-1\n/);
    assert.equal(await redis.client.hGet(`cluster/backup_repository/${id}`, "name"), "Renamed");
    assert.equal(await redis.client.hGet(PASSWORDS, id), RESTIC_PASSWORD);
    await ends(0, ["alter", id, `--url=${S3_URL}`, "--aws-default-region="]);
    assert.doesNotMatch(await redis.client.hGet(CONF, id) ?? "", /region/);
  });
  await t.step("list and show hold what is public", async () => {
    assert.match((await ends(0, ["list"])).stdout, new RegExp(`${id} +Renamed +generic-s3 +${S3_URL}`));
    const shown = JSON.parse((await ends(0, ["show", id, "--json"])).stdout);
    assert.deepEqual(shown.parameters, { aws_access_key_id: S3.id });
    assert.deepEqual(shown.secrets, ["secret_access_key"]);
    assert.match((await ends(0, ["show", id])).stdout, /aws_access_key_id +storage:nightly/);
  });
  await t.step("validate: one that is stored, and one that is not", async () => {
    assert.match((await ends(0, ["validate", id])).stdout, /list, write and delete worked on node 1/);
    assert.match((await ends(0, ["validate", "--stdin"], { input: s3Request() })).stdout, /worked on node 1/);
  });
  await t.step("remove: refused while a backup uses it", async () => {
    await redis.client.hSet("cluster/backup/3", { repository: id, name: "nightly" });
    await redis.client.hSet("cluster/backup/4", { repository: "another", name: "other" });
    const before = await everything(redis);
    assert.match((await ends(1, ["remove", id])).stderr, /a backup uses it: 3 \(nightly\).*--with-backups/);
    assert.deepEqual(await everything(redis), before);
  });
  await t.step("remove --with-backups: both events, a tombstone", async () => {
    const { heard } = await events(redis, () => ends(0, ["remove", id, "--with-backups"]));
    assert.deepEqual(heard, [
      ["cluster/event/backup-schedule-changed", { backup_ids: ["3"] }],
      ["cluster/event/backup-destination-changed", { destination_ids: [id] }],
    ]);
    const left = await everything(redis);
    assert.deepEqual(Object.keys(left), ["cluster/backup/4", `private/nodes/gateway/tombstone/${id}`]);
    const { removed_at, ...tombstone } = left[`private/nodes/gateway/tombstone/${id}`] as Record<
      string,
      string
    >;
    assert.match(removed_at ?? "", /^20..-..-..T/);
    assert.deepEqual(tombstone, {
      name: "Renamed",
      provider: "generic-s3",
      url: S3_URL,
      basepath: "",
      identity: id,
      restic_password: RESTIC_PASSWORD,
      removed_by: "somebody",
    });
    assert.match((await ends(0, ["list", "--removed"])).stdout, new RegExp(`${id} +Renamed .*somebody`));
  });
  await t.step("the recovery kit of one that was removed has its password", async () => {
    const kit = await rclonegwctlInImage(["destination", "recovery-kit", id, "--reveal"]);
    assert.equal(kit.code, 0, kit.stderr);
    assert.match(kit.stdout, new RegExp(`^RESTIC_PASSWORD=${RESTIC_PASSWORD}$`, "m"));
    assert.match(kit.stdout, /was removed at 20.* by somebody/);
    assert.match(kit.stdout, new RegExp(`restic --repo 'rclone:${id}:files/<app type>/<module uuid>'`));
    assert(!kit.stdout.includes(S3.secret));
  });
  await refused(t, redis, [[
    "adding it again with another password",
    ["add", "--stdin"],
    /needs the restic password of then: leave the password out/,
    2,
    s3Request({ password: "another" }),
  ]]);
  await t.step("adding it again takes the old password over, and says so", async () => {
    const again = await ends(0, ["add", "--stdin", "--json"], { input: s3Request({ password: "" }) });
    assert.deepEqual(JSON.parse(again.stdout), {
      id,
      name: "Renamed",
      provider: "generic-s3",
      url: S3_URL,
      basepath: "",
    });
    assert.match(again.stderr, /its restic password is taken over/);
    assert.equal(await redis.client.hGet(PASSWORDS, id), RESTIC_PASSWORD);
    assert.deepEqual(await redis.client.keys("private/nodes/gateway/tombstone/*"), []);
  });
  await t.step("alter does not make two destinations of one storage, nor add two of one uuid", async () => {
    const elsewhere = s3Request({ url: `s3:http://${S3.address}/readonly`, name: "Elsewhere" });
    const added = await ends(0, ["add", "--stdin", "--json", "--no-validate"], { input: elsewhere });
    const other = JSON.parse(added.stdout).id;
    const onto = await ends(1, ["alter", other, `--url=${S3_URL}`]);
    assert.match(onto.stderr, new RegExp(`${S3_URL} is destination ${id} already`));
    await ends(0, ["alter", other, `--url=s3:http://${S3.address}/third`, "--no-validate"]);
    const again = await ends(1, ["add", "--stdin"], { input: elsewhere });
    assert.match(
      again.stderr,
      new RegExp(`its uuid is that of destination ${other}, which was altered to s3:.*third`),
    );
  });
  await t.step("--no-validate stores what cannot be reached, and says so", async () => {
    const added = await ends(0, ["add", "--stdin", "--no-validate"], {
      input: s3Request({ url: "s3:storage.invalid/mybucket" }),
    });
    assert.match(added.stderr, /Not tried/);
  });
});

Deno.test("a_storage_that_refuses_to_write_or_delete_is_told_apart", async (t) => {
  await using redis = await startRedis();
  {
    await using _storage = await startStorage("s3");
    await refused(t, redis, [[
      "read-only",
      ["add", "--stdin"],
      /write failed on node 1 .*rclone says: .*AccessDenied/s,
      1,
      s3Request({ url: `s3:http://${S3.address}/readonly` }, { aws_access_key_id: S3.reader }),
    ]]);
  }
  await using storage = await startStorage("webdav");
  await using _proxy = startRefusing("DELETE", 9111, WEBDAV);
  await refused(t, redis, [[
    "no delete",
    ["add", "--stdin"],
    /delete failed on node 1 .*rclone says: .*403.*The object rclone-gateway-trial-\S+ is left there/s,
    1,
    webdavRequest("127.0.0.1:9111"),
  ], [
    "wrong password",
    ["add", "--stdin"],
    /list failed on node 1 .*rclone says: .*401/s,
    1,
    webdavRequest(WEBDAV).replace(JSON.stringify(LOGIN.password), JSON.stringify(OTHER_SECRET)),
  ]]);
  await t.step("and without the obstacle it is added, its password obscured by rclone", async () => {
    for (const { name } of Deno.readDirSync(`${storage.path}/files`)) {
      Deno.removeSync(`${storage.path}/files/${name}`);
    }
    const { id } = JSON.parse(
      (await ends(0, ["add", "--stdin", "--json"], { input: webdavRequest(WEBDAV) })).stdout,
    );
    printed.pop();
    printed[printed.length - 1] = "";
    const section = await redis.client.hGet(CONF, id) ?? "";
    assert.match(section, /\npass = [A-Za-z0-9_-]{22,}\n/);
    assert(!section.includes(LOGIN.password));
    await ends(0, ["validate", id]);
    assert.deepEqual([...Deno.readDirSync(`${storage.path}/files`)], []);
  });
});

Deno.test("no_command_printed_a_secret", () => assertNothingSecretPrinted());
