import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { DOKUWIKI1, repositoryUrl, sha256 } from "./harness/cluster.ts";
import { startGateway } from "./harness/gateway.ts";
import { IMAGES, makeFolder, makeVolume, run } from "./harness/podman.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { resticOk } from "./harness/restic.ts";

/** The command, which has to end with 0; what it printed. */
async function ok(...args: string[]): Promise<string> {
  const ended = await rclonegwctl(args);
  assert.equal(ended.code, 0, `rclonegwctl ${args.join(" ")}: ${ended.stdout}${ended.stderr}`);
  return ended.stdout;
}

Deno.test("rclonegwctl_helps_on_every_level", async (t) => {
  const levels = [
    [],
    ["identity"],
    ["identity", "add"],
    ["identity", "remove"],
    ["identity", "list"],
    ["destination"],
    ["destination", "add"],
    ["destination", "alter"],
    ["destination", "remove"],
    ["destination", "list"],
    ["destination", "show"],
    ["destination", "validate"],
    ["destination", "import"],
    ["destination", "recovery-kit"],
    ["grant"],
    ["grant", "add"],
    ["grant", "list"],
    ["grant", "revoke"],
    ["explain"],
    ["status"],
    ["backup"],
    ["backup", "add"],
    ["backup", "alter"],
    ["backup", "remove"],
    ["backup", "list"],
    ["backup", "run"],
    ["backup", "release"],
    ["backup", "prune-references"],
    ["restic"],
    ["repositories"],
    ["snapshots"],
    ["restore"],
    ["verify"],
    ["write-configuration"],
  ];
  for (const level of levels) {
    await t.step(`${level.join(" ")} --help`, async () => {
      const help = await ok(...level, "--help");
      assert.match(help, new RegExp(`^Usage: rclonegwctl ${level.join(" ")}`));
    });
  }
});

Deno.test("rclonegwctl_refuses_bad_input_with_2_and_changes_nothing", async (t) => {
  await using redis = await startRedis();
  const cases: readonly (readonly [args: string[], says: RegExp])[] = [
    [[], /Usage/],
    [["nonsense"], /unknown command/],
    [["identity", "add"], /missing required argument/],
    [["identity", "add", "module/"], /is not an identity/],
    [["identity", "add", "module/dokuwiki"], /ending with a number/],
    [["identity", "add", "cluster/1"], /is not an identity/],
    [["identity", "add", "module/../x1"], /is not an identity/],
    [["identity", "add", "module/wiki1", "--uuid", "x", "--node", "y"], /--uuid x .*--node y/],
    [["identity", "add", "node/1", "--uuid", DOKUWIKI1.uuid], /modules only/],
    [["destination", "add", "--provider", "floppy"], /Allowed choices are cluster/],
    [["destination", "add", "--provider", "aws"], /url is missing: s3:/],
    [
      ["destination", "add", "--provider", "aws", "--url", "x"],
      /begin with s3:[^]*aws_access_key_id is missing/,
    ],
    [["destination", "add", "--provider", "rclone"], /rclone_conf_secret is missing/],
    [["destination", "add", "--smb-pass-file", "/nowhere/x"], /\/nowhere\/x cannot be read/],
    [["destination", "add", "--smb-pass-file", "-", "--password-file", "-"], /it can be read once/],
    [["destination", "add", "--node", "2"], /there is no node 2/],
    [["destination", "alter", "x"], /not the uuid/],
    [["destination", "remove", "x"], /not the uuid/],
    [["destination", "show", "x"], /not the uuid/],
    [["destination", "validate", "x"], /not the uuid/],
    [["destination", "validate", DOKUWIKI1.uuid, "--url", "x"], /not both/],
    [["destination", "import", "/nowhere/x"], /\/nowhere\/x cannot be read/],
    [["destination", "recovery-kit", "x"], /not the uuid/],
    [["destination", "recovery-kit", DOKUWIKI1.uuid], /--reveal/],
    [["grant", "add", "module/wiki1", "module/wiki2", "--ttl", "soon"], /not a time/],
    [["grant", "add", "only-one"], /missing required argument/],
    [["write-configuration"], /required option/],
  ];
  for (const [args, says] of cases) {
    await t.step(`rclonegwctl ${args.join(" ")}`, async () => {
      const ended = await rclonegwctl(args);
      assert.equal(ended.code, 2, ended.stdout + ended.stderr);
      assert.match(ended.stderr, says);
    });
  }
  await t.step("settings that are not valid: all of them in one message", async () => {
    const ended = await rclonegwctl(["identity", "list"], {
      NODE_ID: "x",
      REDIS_ADDRESS: "y",
      REDIS_PASSWORD: "",
    });
    assert.equal(ended.code, 2);
    for (const name of ["NODE_ID", "REDIS_ADDRESS", "REDIS_PASSWORD"]) {
      assert.match(ended.stderr, new RegExp(`- ${name} `));
    }
  });
  await t.step("nothing was changed", async () => {
    assert.equal(await redis.client.dbSize(), 0);
  });
  await t.step("a Redis that cannot be reached is named, and ends with 1", async () => {
    const ended = await rclonegwctl(["identity", "list"], { REDIS_ADDRESS: "127.0.0.1:1" });
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /127\.0\.0\.1:1 .*Nothing was changed/);
  });
});

Deno.test("what_rclonegwctl_makes_is_what_a_backup_and_a_restore_need", async (t) => {
  await using redis = await startRedis();
  await using volume = await makeVolume("srv");
  await using _gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });
  let destination = "";
  let password = "";
  let module = { name: "module/wiki1", secret: "", uuid: "" };

  await t.step("destination add: a stable uuid, a password once, NethServer 8's keys", async () => {
    const added = JSON.parse(await ok("destination", "add", "--name", "Here", "--json"));
    destination = added.id;
    password = added.password;
    assert.equal(added.url, "webdav:http://127.0.0.1:4694");
    assert.equal(
      await redis.client.hGet("private/agents/backup_destination/restic_password", destination),
      password,
    );
    assert.match(
      await redis.client.hGet("private/nodes/backup_destination/rclone_conf", destination) ?? "",
      /type = local/,
    );
    assert.deepEqual(
      { ...await redis.client.hGetAll(`cluster/backup_repository/${destination}`) },
      { provider: "cluster", url: added.url, basepath: "", name: "Here" },
    );
  });
  await t.step("destination add again: refused, nothing changed", async () => {
    const again = await rclonegwctl(["destination", "add"]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, new RegExp(`it is destination ${destination} already`));
    assert.equal(
      await redis.client.hGet("private/agents/backup_destination/restic_password", destination),
      password,
    );
  });
  await t.step("destination list shows it, and no secret", async () => {
    const listed = await ok("destination", "list");
    assert.match(listed, new RegExp(`${destination} +Here +cluster`));
    assert(!listed.includes(password));
    assert.equal(JSON.parse(await ok("destination", "list", "--json"))[0].id, destination);
  });
  await t.step("identity add: a secret of 256 bits, its digest in cluster/acls, the event", async () => {
    const events: string[] = [];
    const subscriber = redis.client.duplicate();
    await subscriber.connect();
    await subscriber.subscribe("cluster/event/acl-changed", (message) => void events.push(message));
    module = { name: "module/wiki1", ...JSON.parse(await ok("identity", "add", "module/wiki1", "--json")) };
    subscriber.destroy();
    assert.equal(Buffer.from(module.secret, "base64url").length, 32);
    assert.equal(events.length, 1);
    const lines = await redis.client.sMembers("cluster/acls");
    assert(
      lines.some((line) =>
        line.startsWith("user module/wiki1 on ") && line.includes(`#${sha256(module.secret)}`)
      ),
    );
    assert(!lines.join().includes(module.secret));
    assert.equal(await redis.client.hGet("cluster/module_uuid", "wiki1"), module.uuid);
    assert.equal(await redis.client.hGet("cluster/module_node", "wiki1"), "1");
  });
  await t.step("identity add again: refused", async () => {
    const again = await rclonegwctl(["identity", "add", "module/wiki1"]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /exists already/);
  });
  await t.step("identity list shows it, and no secret", async () => {
    const listed = await ok("identity", "list");
    assert.match(listed, new RegExp(`module/wiki1 +${module.uuid} +1 +1`));
    assert(!listed.includes(module.secret));
  });

  // restic's password is the one that was printed, not the tests' own.
  const restic = (args: string[], as: typeof module, of = module, folders = {}): Promise<string> =>
    resticOk(args, { as, repositoryOf: of, destination, folders, password });
  using tree = makeFolder();
  await Deno.writeTextFile(`${tree.path}/file`, "precious");
  await t.step("restic backs up with them", async () => {
    await restic(["init"], module);
    await restic(["backup", "/data"], module, module, { [tree.path]: "/data:ro" });
  });
  await t.step("grant add lets a clone restore, and grant list shows for how long", async () => {
    const clone = {
      name: "module/wiki2",
      ...JSON.parse(await ok("identity", "add", "module/wiki2", "--json")),
    };
    const url = `${repositoryUrl(module, destination)}/config`;
    assert.equal((await request("GET", url, { as: clone })).status, 403);
    assert.match(
      await ok("grant", "add", "module/wiki2", "module/wiki1", "--ttl", "2h"),
      /wiki2 may read .*wiki1 for 2h/,
    );
    using target = makeFolder();
    await restic(["restore", "latest", "--target", "/target", "--no-lock"], clone, module, {
      [target.path]: "/target",
    });
    assert.equal(await Deno.readTextFile(`${target.path}/data/file`), "precious");
    const [grant] = JSON.parse(await ok("grant", "list", "--json"));
    assert.deepEqual([grant.reader, grant.source], [clone.uuid, module.uuid]);
    assert(grant.secondsLeft > 7100 && grant.secondsLeft <= 7200);
    assert.match(await ok("grant", "list"), /wiki2 +wiki1 +(2h|1h 59m)/);
    await ok("grant", "revoke", "module/wiki2");
    assert.equal((await request("GET", url, { as: clone })).status, 403);
    assert.equal((await rclonegwctl(["grant", "revoke", "module/wiki2"])).code, 1);
  });
  await t.step("grant add does not cross app types", async () => {
    await ok("identity", "add", "module/mail1");
    const across = await rclonegwctl(["grant", "add", "module/mail1", "module/wiki1"]);
    assert.equal(across.code, 2);
    assert.match(across.stderr, /within one app type/);
  });
  await t.step("explain tells what a request gets, as the request itself gets it", async () => {
    const path = `/${destination}/wiki/${module.uuid}`;
    const cases: readonly (readonly [
      as: string,
      method: string,
      path: string,
      rest: boolean,
      says: RegExp,
      code: number,
    ])[] = [
      [
        "module/wiki1",
        "GET",
        `${path}/config`,
        true,
        /decision +allowed: own-repository, answered by rest-append/,
        0,
      ],
      ["module/wiki1", "DELETE", `${path}/config`, true, /refused with 403: method-not-allowed/, 1],
      ["module/wiki2", "GET", `${path}/config`, true, /refused with 403: not-own-repository/, 1],
      [
        "module/wiki1",
        "GET",
        `${path}/%2e%2e/config`,
        true,
        /refused for everybody[^]*403: target-ambiguous/,
        1,
      ],
      ["module/wiki9", "GET", `${path}/config`, true, /not in cluster\/acls[^]*refused with 401/, 1],
      ["module/wiki1", "GET", `${path}/config`, false, /answered by webdav-read/, 0],
    ];
    for (const [as, method, target, rest, says, code] of cases) {
      const ended = await rclonegwctl(["explain", as, method, target, ...rest ? ["--accept", "rest"] : []]);
      assert.match(ended.stdout, says);
      assert.equal(ended.code, code);
    }
    const { decision } = JSON.parse(
      await ok("explain", "module/wiki1", "POST", `${path}/?create=true`, "--json"),
    );
    assert.deepEqual([decision.allow, decision.to.server], [true, "rest-append"]);
    const answer = await request("DELETE", `http://127.0.0.1:4694${path}/config`, { as: module });
    assert.equal(answer.status, 403);
  });
  await t.step("status: what is served, and 0", async () => {
    assert.match(await ok("status"), new RegExp(`${destination} +Here +serving`));
    assert.equal(JSON.parse(await ok("status", "--json")).destinations[0].state, "serving");
  });
  await t.step("write-configuration renders what HAProxy accepts, and applies nothing", async () => {
    using out = makeFolder();
    const [rclonedir, haproxydir] = [`${out.path}/rclone`, `${out.path}/haproxy`];
    await ok("write-configuration", "--rclonedir", rclonedir, "--haproxydir", haproxydir);
    const section = `${rclonedir}/${destination}.conf`;
    assert.equal(await Deno.readTextFile(section), `[${destination}]\ntype = local\n`);
    assert.equal(((await Deno.stat(section)).mode ?? 0) & 0o777, 0o600);
    await run("chmod", ["-R", "a+rX", out.path]);
    const check = await run("podman", [
      "run",
      "--rm",
      "--network=none",
      "--volume",
      `${haproxydir}:/bundle:ro`,
      "--env=GATEWAY_BUNDLE=/bundle",
      "--env=BIND_ADDRESS=127.0.0.1",
      "--env=PORT=4694",
      "--entrypoint=haproxy",
      IMAGES.gateway,
      "-c",
      "-f",
      "/bundle/base.cfg",
      "-f",
      "/bundle/backends.cfg",
    ]);
    assert.equal(check.code, 0, check.stderr);
    assert.match(
      await Deno.readTextFile(`${haproxydir}/routes.map`),
      new RegExp(`^${destination} ${destination}\\.`, "m"),
    );
  });
  await t.step("the recovery kit restores without gateway, Redis or this host, and is recorded", async () => {
    using out = makeFolder();
    const file = `${out.path}/kit`;
    const refused = await rclonegwctl(["destination", "recovery-kit", destination]);
    assert.equal(refused.code, 2);
    assert(!(refused.stdout + refused.stderr).includes(password));
    await ok("destination", "recovery-kit", destination, "--reveal", "--output", file);
    assert.equal(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
    const kit = await Deno.readTextFile(file);
    const path = new RegExp(`^# +(wiki/${module.uuid}) +\\(module/wiki1\\)$`, "m").exec(kit)?.[1];
    const key = /^RESTIC_PASSWORD=(.+)$/m.exec(kit)?.[1];
    assert(path !== undefined && key !== undefined, kit);
    const restored = await run("podman", [
      "run",
      "--rm",
      "--network=none",
      "--volume",
      `${volume.name}:/folder:ro`,
      "--env=RESTIC_PASSWORD",
      IMAGES.resticVersions,
      "restic",
      "--no-cache",
      "--no-lock",
      "--repo",
      `/folder/${path}`,
      "dump",
      "latest",
      "/data/file",
    ], { env: { RESTIC_PASSWORD: key } });
    assert.equal(restored.stdout, "precious", restored.stderr);
    const [entry] = await redis.client.xRange("private/nodes/gateway/audit", "-", "+") ?? [];
    assert.deepEqual([entry?.message["action"], entry?.message["subject"]], ["recovery-kit", destination]);
  });
  await t.step("identity remove: refused at the next request, its backups stay", async () => {
    const url = `${repositoryUrl(module, destination)}/config`;
    assert.equal((await request("GET", url, { as: module })).status, 200);
    assert.match(await ok("identity", "remove", "module/wiki1"), new RegExp(module.uuid));
    assert.equal((await request("GET", url, { as: module })).status, 401);
    assert.equal((await rclonegwctl(["identity", "remove", "module/wiki1"])).code, 1);
    await Deno.stat(`${await volume.path()}/wiki/${module.uuid}/config`);
  });
  await t.step("identity add --uuid: the data is found again", async () => {
    const back = JSON.parse(await ok("identity", "add", "module/wiki3", "--uuid", module.uuid, "--json"));
    const url = `${repositoryUrl({ ...module, name: "module/wiki3" }, destination)}/config`;
    assert.equal((await request("GET", url, { as: { ...back, name: "module/wiki3" } })).status, 200);
  });
});
