// slow
import assert from "node:assert/strict";
import {
  assertNothingSecretPrinted,
  CONF,
  ctl,
  ends,
  events,
  everything,
  OTHER_SECRET,
  PASSWORDS,
  refused,
  RESTIC_PASSWORD,
  S3,
  S3_URL,
} from "./destinations/command.ts";
import { LOGIN, PORTS, startStorage } from "./destinations/storages.ts";
import { makeFolder } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";

const raw = (conf: string, parameters: Record<string, unknown> = {}): string =>
  JSON.stringify({
    provider: "rclone",
    name: "Raw",
    url: "",
    password: RESTIC_PASSWORD,
    parameters: { rclone_conf_secret: conf, basepath: "files", ...parameters },
  });

const S3_CONF = `[whatever]
type = s3
provider = Minio
endpoint = http://${S3.address}
access_key_id = ${S3.id}
secret_access_key = ${S3.secret}
no_check_bucket = true
`;

Deno.test("a_raw_configuration_is_stored_under_its_uuid_and_judged_first", async (t) => {
  await using redis = await startRedis();
  await using _storage = await startStorage("s3");
  using folder = makeFolder();
  Deno.chmodSync(folder.path, 0o777);
  const mounted = { podman: ["--volume", `${folder.path}:/evil`] };
  const evil = "[x]\ntype = sftp\nhost = 127.0.0.1\nuser = x\nssh = touch /evil/ran --\n";
  await Deno.writeTextFile(`${folder.path}/slow`, "#!/bin/sh\nexec sleep 300\n", { mode: 0o755 });
  await Deno.writeTextFile(`${folder.path}/spy`, "#!/bin/sh\nenv >/evil/env\n", { mode: 0o755 });
  const made = (): string[] =>
    [...Deno.readDirSync(folder.path)].map(({ name }) => name).filter((name) =>
      !["slow", "spy"].includes(name)
    );
  let id = "";

  await t.step("add: the section is named after the uuid, url and name are made from it", async () => {
    const { result, heard } = await events(
      redis,
      () => ends(0, ["add", "--stdin", "--json"], { input: raw(S3_CONF) }),
    );
    ({ id } = JSON.parse(result.stdout));
    assert.deepEqual(heard, [["cluster/event/backup-destination-changed", { destination_ids: [id] }]]);
    assert.equal(await redis.client.hGet(CONF, id), S3_CONF.replace("[whatever]", `[${id}]`));
    assert.deepEqual({ ...await redis.client.hGetAll(`cluster/backup_repository/${id}`) }, {
      provider: "rclone",
      name: "Raw",
      url: "rclone:s3:127.0.0.1:files",
      basepath: "files",
    });
  });
  const refusals: [name: string, conf: string, says: RegExp][] = [
    ["a command", evil, /ssh is refused: it runs a command/],
    [
      "a local file",
      "type = sftp\nhost = x\nkey_file = /etc/passwd",
      /key_file is refused: it names a local file/,
    ],
    ["the local disk", "type = local", /type local is refused/],
    ["another section", "type = alias\nremote = other:", /type alias is refused/],
    [
      "an option of rclone's own",
      "type = s3\nglobal.metadata_mapper = x\noverride.proxy = y",
      /global\.metadata_mapper[^]*override\.proxy/,
    ],
    ["the environment", "type = s3\nenv_auth = true", /env_auth is refused/],
    ["two sections", `${S3_CONF}[y]\ntype = local\n`, /more than one section/],
    ["a key twice", `${S3_CONF}type = local\n`, /type is there more than once/],
    [
      "all of it",
      "type = webdav\nbearer_token_command = x\nunix_socket = y\nnonsense = z",
      /bearer_token_command[^]*unix_socket[^]*nonsense/,
    ],
    ["nothing", "", /rclone_conf_secret is missing/],
  ];
  await refused(
    t,
    redis,
    refusals.flatMap(([name, conf, says]): [string, string[], RegExp, number, string][] => [
      [name, ["add", "--stdin"], says, 2, raw(conf)],
      ...conf === "" ? [] : [[
        `${name}, in base64`,
        ["add", "--stdin"],
        says,
        2,
        raw(conf, { rclone_conf_secret: null, rclone_conf_b64_secret: btoa(conf) }),
      ] as [string, string[], RegExp, number, string]],
    ]),
  );
  await refused(t, redis, [
    ["not base64", ["add", "--stdin"], /not a text in base64/, 2, raw("", { rclone_conf_b64_secret: "%%%" })],
    [
      "a wrong secret",
      ["add", "--stdin"],
      /list failed on node 1/,
      1,
      raw(S3_CONF.replace(S3.secret, OTHER_SECRET), { basepath: "readonly" }),
    ],
  ]);
  await t.step("a command that is refused does not run, one that is trusted does", async () => {
    for (const args of [["add", "--stdin"], ["validate", "--stdin"], ["add", "--stdin", "--no-validate"]]) {
      await ends(2, args, { input: raw(evil), ...mounted });
    }
    assert.deepEqual(made(), []);
    // It is no SFTP server, so that the trial fails; but it ran.
    assert.match(
      (await ends(1, ["add", "--stdin", "--trust-commands"], { input: raw(evil), ...mounted })).stderr,
      /list failed/,
    );
    assert.deepEqual(made(), ["ran"]);
    const stored = await ends(0, ["add", "--stdin", "--json", "--trust-commands", "--no-validate"], {
      input: raw(evil),
    });
    const { id: trusted } = JSON.parse(stored.stdout);
    assert.match(await redis.client.hGet(CONF, trusted) ?? "", /ssh = touch/);
    assert.match((await ends(2, ["validate", trusted])).stderr, /ssh is refused/);
    await ends(0, ["remove", trusted]);
  });
  await t.step("a command that never ends is stopped, and what it was given is not left", async () => {
    const slow = "type = sftp\nhost = 127.0.0.1\nuser = x\nssh = /evil/slow\n";
    const shell = '"$@"; code=$?; ls /tmp | grep rclone-gateway && exit 99; exit $code';
    const ended = await ctl(["add", "--stdin", "--trust-commands"], { input: raw(slow), shell, ...mounted });
    assert.equal(ended.code, 1, ended.stdout + ended.stderr);
    assert.match(ended.stderr, /list failed on node 1 .*no answer within 30 seconds/);
  });
  await t.step("a trial that is ended from outside leaves nothing either", async () => {
    const slow = "type = sftp\nhost = 127.0.0.1\nuser = x\nssh = /evil/slow\n";
    const shell =
      'exec 3<&0; "$@" <&3 & until ls /tmp/rclone-gateway-*/rclone.conf 2>/dev/null; do sleep 0.1; done; ' +
      "sleep 1; kill -TERM $!; wait $!; code=$?; ls -A /tmp | grep rclone-gateway && exit 99; exit $code";
    const ended = await ctl(["validate", "--stdin", "--trust-commands"], {
      input: raw(slow),
      shell: `timeout 60 sh -c '${shell.replaceAll("'", "'\\''")}' sh "$@"`,
      ...mounted,
    });
    assert.equal(ended.code, 1, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /^\/tmp\/rclone-gateway-[^/]+\/rclone\.conf$/m);
  });
  await t.step("the trial sees nothing of this process's environment", async () => {
    const spy = "type = sftp\nhost = 127.0.0.1\nuser = x\nssh = /evil/spy\n";
    await ends(1, ["validate", "--stdin", "--trust-commands"], { input: raw(spy), ...mounted });
    const environment = await Deno.readTextFile(`${folder.path}/env`);
    assert.match(environment, /^HOME=\/tmp\/rclone-gateway-/m);
    assert.doesNotMatch(environment, /REDIS|NODE_ID|password/i);
  });
  await t.step("alter with an empty configuration changes the folder only", async () => {
    const input = JSON.stringify({
      id,
      provider: "rclone",
      parameters: { rclone_conf_secret: "", basepath: "files/below" },
    });
    await ends(0, ["alter", id, "--stdin"], { input });
    assert.deepEqual({ ...await redis.client.hGetAll(`cluster/backup_repository/${id}`) }, {
      provider: "rclone",
      name: "Raw",
      url: "rclone:s3:127.0.0.1:files/below",
      basepath: "files/below",
    });
    assert.equal(await redis.client.hGet(CONF, id), S3_CONF.replace("[whatever]", `[${id}]`));
  });
  await t.step("by option, from standard input", async () => {
    const conf = S3_CONF.replace("provider = Minio", "provider = Other");
    await ends(0, ["validate", "--provider=rclone", "--rclone-conf-file=-", "--basepath=files"], {
      input: conf,
    });
  });
});

Deno.test("every_provider_with_a_server_works_as_it_is_described", async (t) => {
  await using redis = await startRedis();
  const password = { input: LOGIN.password };
  await t.step("sftp: the server's keys are kept from the first trial on", async () => {
    await using storage = await startStorage("sftp");
    const describe = [
      "--provider=sftp",
      "--url=sftp:/files",
      "--sftp-host=127.0.0.1",
      `--sftp-port=${PORTS.sftp}`,
      `--sftp-user=${LOGIN.user}`,
      "--sftp-pass-file=-",
    ];
    await ends(0, ["add", "--name=SFTP", ...describe], password);
    const [id = ""] = Object.keys(await redis.client.hGetAll(CONF));
    const key = (await Deno.readTextFile(`${storage.path}/host-key.pub`)).split(" ").slice(0, 2).join(" ");
    assert(
      (await redis.client.hGet(CONF, id) ?? "").includes(`host_keys = ${key}`),
      await redis.client.hGet(CONF, id) ?? "",
    );
    assert.match((await ends(1, ["add", ...describe], password)).stderr, /is destination .* already/);
    await ends(0, ["validate", id]);
    await redis.client.hSet(
      CONF,
      id,
      (await redis.client.hGet(CONF, id) ?? "").replace(
        /host_keys = .*/,
        `host_keys = ssh-ed25519 ${btoa("x".repeat(51))}`,
      ),
    );
    assert.match((await ends(1, ["validate", id])).stderr, /list failed on node 1/);
    await ends(1, ["validate", ...describe.with(1, "--url=sftp:/readonly")], password).then(({ stderr }) =>
      assert.match(stderr, /write failed/)
    );
  });
  await t.step("smb", async () => {
    await using _storage = await startStorage("smb");
    const describe = (
      share: string,
    ): string[] => [
      "validate",
      "--provider=smb",
      `--url=smb:${share}`,
      "--smb-host=127.0.0.1",
      `--smb-port=${PORTS.smb}`,
      `--smb-user=${LOGIN.user}`,
      "--smb-pass-file=-",
    ];
    await ends(0, describe("files"), password);
    assert.match((await ends(1, describe("readonly"), password)).stderr, /write failed/);
    assert.match((await ends(1, describe("noshare"), password)).stderr, /list failed/);
    assert.match((await ends(1, describe("files"), { input: OTHER_SECRET })).stderr, /list failed/);
  });
  await t.step("azure: this rclone says that it has none", async () => {
    const ended = await ends(1, [
      "validate",
      "--provider=azure",
      "--url=azure:container",
      "--azure-account-name=x",
      "--azure-account-key-file=-",
    ], { input: btoa(OTHER_SECRET) });
    assert.match(ended.stderr, /rclone says: .*azureblob/);
  });
  await t.step("cluster: the disk of another node", async () => {
    await redis.client.hSet("node/2/vpn", "ip_address", "10.5.4.2");
    assert.match((await ends(2, ["add", "--node=3"])).stderr, /there is no node 3/);
    await ends(0, ["add", "--provider=cluster", "--node=2", "--password-file=-"], { input: RESTIC_PASSWORD });
    const listed = await ends(0, ["list"]);
    assert.match(listed.stdout, /Disk of node 2 +cluster +webdav:http:\/\/10\.5\.4\.2:4694/);
    assert.match((await ends(1, ["add", "--node=2"])).stderr, /already/);
  });
});

Deno.test("a_list_is_imported_whole_or_not_at_all", async (t) => {
  await using redis = await startRedis();
  await using _storage = await startStorage("s3");
  const [today, before] = ["11111111-1111-5111-8111-111111111111", "22222222-2222-5222-8222-222222222222"];
  // As NethServer 8 stores it, byte by byte.
  const section =
    `[${today}]\ntype = s3\nenv_auth = true\naccess_key_id = ${S3.id}\nsecret_access_key = ${S3.secret}\nendpoint = http://${S3.address}\nprovider = Other\n\n`;
  const list = (change: Record<string, unknown> = {}): Record<string, unknown>[] => [
    {
      id: today,
      provider: "generic-s3",
      name: "Today",
      url: S3_URL,
      basepath: "",
      rclone_conf: section,
      restic_password: RESTIC_PASSWORD,
    },
    {
      uuid: before,
      provider: "generic-s3",
      name: "Before",
      url: S3_URL,
      password: OTHER_SECRET,
      aws_access_key_id: S3.id,
      aws_secret_access_key: S3.secret,
      aws_default_region: "us-east-1",
      ...change,
    },
  ];
  const json = (value: unknown): { input: string } => ({ input: JSON.stringify(value) });

  await refused(t, redis, [
    ["not JSON", ["import"], /it is not JSON/, 2, "x"],
    [
      "every problem of every entry",
      ["import"],
      /#0 \(Today\): ssh is refused[^]*#1 \(Before\): there is no field b2_account_key[^]*#2: provider is none of[^]*#3 \(Bad id\): id is not a uuid/,
      2,
      JSON.stringify([
        { ...list()[0], rclone_conf: "[x]\ntype = sftp\nssh = touch /tmp/x\n" },
        list({ b2_account_key: "x" })[1],
        { provider: "floppy" },
        { ...list()[0], id: "../x", name: "Bad id" },
      ]),
    ],
    [
      "one that does not work",
      ["import"],
      /#1 \(Before\): list failed on node 1/,
      1,
      JSON.stringify(list({ aws_secret_access_key: OTHER_SECRET })),
    ],
    [
      "two that are the same",
      ["import"],
      /#1 \(Today\): it is the same as #0 \(Today\)/,
      2,
      JSON.stringify([list()[0], list()[0]]),
    ],
    [
      "a disk of a node that is not here",
      ["import"],
      /no node of this cluster/,
      2,
      JSON.stringify([{
        provider: "cluster",
        name: "d",
        url: "webdav:http://10.9.9.9:4694",
        rclone_conf: "[x]\ntype=local\n",
        restic_password: "x",
      }]),
    ],
  ]);
  await t.step("both forms at once: one event, uuids kept", async () => {
    const { result, heard } = await events(redis, () => ends(0, ["import", "--json"], json(list())));
    assert.deepEqual(JSON.parse(result.stdout), {
      imported: [{ id: today, name: "Today" }, { id: before, name: "Before" }],
      skipped: [],
    });
    assert.deepEqual(heard, [["cluster/event/backup-destination-changed", {
      destination_ids: [today, before],
    }]]);
    assert.equal(await redis.client.hGet(CONF, today), section.trimEnd() + "\n");
    assert.match(await redis.client.hGet(CONF, before) ?? "", /region = us-east-1\n/);
    assert.equal(await redis.client.hGet(PASSWORDS, before), OTHER_SECRET);
    await ends(0, ["validate", today]);
  });
  await t.step("again: what is the same is left out", async () => {
    const held = await everything(redis);
    const { result, heard } = await events(redis, () => ends(0, ["import"], json(list())));
    assert.match(result.stderr, /#0 \(Today\) is left out: .* there already, and the same/);
    assert.match(result.stdout, /0 destinations imported, 2 left out/);
    assert.deepEqual(heard, []);
    assert.deepEqual(await everything(redis), held);
  });
  await refused(t, redis, [
    [
      "another password",
      ["import"],
      /#1 \(Before\): destination 2.* is there already, with another restic password/,
      2,
      JSON.stringify(list({ password: "x" })),
    ],
    [
      "another secret",
      ["import"],
      /#1 \(Before\): .*with another configuration/,
      2,
      JSON.stringify(list({ aws_secret_access_key: "x" })),
    ],
    [
      "the same storage under another uuid",
      ["import"],
      /#0 \(Today\): its storage is destination 1.* already/,
      2,
      JSON.stringify([
        { ...list()[0], id: "33333333-3333-5333-8333-333333333333" },
      ]),
    ],
    [
      "adding what NethServer 8 has stored",
      ["add", "--stdin"],
      new RegExp(`it is destination ${today} already`),
      1,
      JSON.stringify({
        provider: "generic-s3",
        url: S3_URL,
        parameters: { aws_access_key_id: S3.id, aws_secret_access_key: S3.secret },
      }),
    ],
  ]);
  await t.step("a dump of another cluster: its disks are left out", async () => {
    await redis.client.set("cluster/uuid", "here");
    const dump = {
      version: 4,
      cluster: {
        uuid: "there",
        backup_repository: {
          [today]: list()[0],
          "44444444-4444-5444-8444-444444444444": {
            provider: "cluster",
            name: "d",
            url: "webdav:http://10.9.9.9:4694",
            rclone_conf: "[x]\ntype=local\n",
            restic_password: "x",
            basepath: "",
          },
        },
      },
    };
    using folder = makeFolder();
    await Deno.writeTextFile(`${folder.path}/dump.json`, JSON.stringify(dump), { mode: 0o644 });
    const ended = await ends(0, ["import", "/dump/dump.json"], {
      podman: ["--volume", `${folder.path}:/dump:ro`],
    });
    assert.match(ended.stderr, /#1 \(d\) is left out: it is a disk of another cluster/);
  });
});

Deno.test("at_a_terminal_what_is_missing_is_asked_for", async () => {
  await using redis = await startRedis();
  await using _storage = await startStorage("s3");
  // "script" gives the command a pseudo-terminal; the answers come one after the other, as they are asked for.
  const ended = await ctl(["add", "--provider=generic-s3"], {
    input: "",
    podman: ["--env", `URL=${S3_URL}`, "--env", `ID=${S3.id}`, "--env", "SECRET"],
    shell: 'printf "%s\\n" "$@" | sed "s/^/\'/; s/$/\'/" | tr "\\n" " " >/tmp/command; ' +
      '{ sleep 1; echo "$URL"; sleep 0.3; echo "$ID"; sleep 0.3; echo "$SECRET"; sleep 0.3; echo; sleep 5; } | script -qec "$(cat /tmp/command)" /dev/null',
    env: { SECRET: S3.secret },
  });
  assert.equal(ended.code, 0, ended.stdout);
  assert.match(ended.stdout, /aws_secret_access_key: secret access key \(not shown\)/);
  assert.match(ended.stdout, /aws_default_region: .*\(may be empty\)/);
  const [section = ""] = Object.values(await redis.client.hGetAll(CONF));
  assert(section.includes(`secret_access_key = ${S3.secret}\n`));
  assert.doesNotMatch(section, /region/);
});

Deno.test("no_command_printed_a_secret", () => assertNothingSecretPrinted());
