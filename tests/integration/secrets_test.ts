import assert from "node:assert/strict";
import { basic, DOKUWIKI1, DOKUWIKI2, fillCluster, NODE1, repositoryUrl } from "./harness/cluster.ts";
import { startGateway } from "./harness/gateway.ts";
import { makeFolder, podman } from "./harness/podman.ts";
import { REDIS_USERS, startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { restic } from "./harness/restic.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";

const STORAGE_KEY = "storage-key-9d2f7c";

/** What `ps axww -o args` would show: every process's command line, as everybody on this host can read it. */
function allCommandLines(): string {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^[0-9]+$/.test(name)).map(({ name }) => {
    try {
      return Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " ");
    } catch {
      return ""; // it has ended meanwhile
    }
  }).join("\n");
}

Deno.test("nothing_secret_is_in_a_log_or_a_process_list", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  // A remote that cannot work: what rclone says about its failure must not show the key either.
  const remote = "5a1c2d3e-0000-4000-8000-000000000003";
  await redis.client.hSet(`cluster/backup_repository/${remote}`, {
    provider: "rclone",
    url: "rclone:s3:x:y",
    basepath: "b",
  });
  await redis.client.hSet(
    "private/nodes/backup_destination/rclone_conf",
    remote,
    `[${remote}]\ntype = s3\nprovider = Other\nendpoint = http://127.0.0.1:1\naccess_key_id = id\nsecret_access_key = ${STORAGE_KEY}\n`,
  );
  await using gateway = await startGateway();
  using tree = makeFolder();
  await Deno.writeTextFile(`${tree.path}/file`, "content");

  // Everything that could tempt a process to print what it was given.
  const processLists: string[] = [];
  const look = (): void => void processLists.push(allCommandLines());
  const config = `${repositoryUrl(DOKUWIKI1)}/config`;
  await restic(["init"], { as: DOKUWIKI1 });
  const backup = restic(["backup", "/data"], { as: DOKUWIKI1, folders: { [tree.path]: "/data:ro" } });
  for (let index = 0; index < 10; index++) {
    look();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal((await backup).code, 0);
  await request("GET", config, { as: { ...DOKUWIKI2, secret: DOKUWIKI1.secret } });
  await request("DELETE", config, { as: DOKUWIKI1 });
  await request("GET", `${config}?token=${DOKUWIKI1.secret}`, { as: DOKUWIKI1 });
  await request("GET", config, { headers: { authorization: `Bearer ${DOKUWIKI1.secret}` } });
  await request("GET", config.replace("5a1c2d3e-0000-4000-8000-000000000001", remote), { as: NODE1 });
  await rclonegwctl(["status"]);
  look();

  const secrets = [
    DOKUWIKI1.secret,
    DOKUWIKI2.secret,
    NODE1.secret,
    REDIS_USERS.controller.password,
    REDIS_USERS.authz.password,
    STORAGE_KEY,
    "restic-password-Lm7",
    basic(DOKUWIKI1).slice("Basic ".length),
  ];
  const log = await gateway.logs();
  await t.step("the log tells of what was refused, and why", () => {
    const lines = log.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    const refused = lines.find(({ reason }) => reason === "method-not-allowed");
    assert.deepEqual(
      [refused?.method, refused?.identity, refused?.repository, refused?.status],
      ["DELETE", DOKUWIKI1.name, `dokuwiki/${DOKUWIKI1.uuid}`, 403],
    );
  });
  for (const secret of secrets) {
    const place = secret.slice(0, 4);
    await t.step(`${place}… is in no log line`, () => assert(!log.includes(secret)));
    await t.step(`${place}… is in no process list`, () => {
      for (const list of processLists) assert(!list.includes(secret));
    });
  }
  await t.step("the process lists show the gateway at work", () => {
    assert(processLists.some((list) => /rclone rcd/.test(list) && /authz\/main\.js/.test(list)));
  });
  await t.step("no process but its own service sees a Redis password in its environment", async () => {
    for (const { pid, command } of await gateway.processes()) {
      const environment = await Deno.readTextFile(`/proc/${pid}/environ`);
      for (const [service, { password }] of Object.entries(REDIS_USERS)) {
        const may =
          { authz: /^deno .*authz\/main\.js$/, controller: /^deno .*gateway\/controller\.js$/ }[service];
        assert.equal(
          environment.includes(password),
          may?.test(command) ?? false,
          `${service}'s in ${command}`,
        );
      }
    }
  });
});

Deno.test("a_secret_given_as_a_file_is_in_no_environment_of_the_container", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  using folder = makeFolder();
  const { password } = REDIS_USERS.controller;
  await Deno.writeTextFile(`${folder.path}/password`, `${password}\n`);
  await using gateway = await startGateway({
    settings: { REDIS_PASSWORD: "", REDIS_PASSWORD_FILE: "/secrets/password" },
    args: ["--volume", `${folder.path}:/secrets:ro`],
  });
  assert(!(await podman("inspect", gateway.name)).includes(password));
  assert.equal((await request("GET", `${repositoryUrl(DOKUWIKI1)}/config`, { as: DOKUWIKI1 })).status, 404);
});
