// slow
import assert from "node:assert/strict";
import { aclLine, DOKUWIKI1, NODE1, repositoryUrl } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { type Ended, makeFolder, run } from "./harness/podman.ts";
import { rclonegwctlInImage } from "./harness/rclonegwctl.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { resticOk } from "./harness/restic.ts";
import { startFtp } from "./harness/storage/ftp.ts";
import { type Place, withPassword, withRoot } from "./harness/storage/place.ts";
import { configuration } from "./harness/storage/rclone.ts";
import { startS3 } from "./harness/storage/s3.ts";
import type { Storage } from "./harness/storage/server.ts";
import { startSftp } from "./harness/storage/sftp.ts";
import { startSmb } from "./harness/storage/smb.ts";
import { startWebdav } from "./harness/storage/webdav.ts";
import { makeTree } from "./harness/tree.ts";

const PASSWORD = "restic-password-Lm7";
const WRONG = "Wr0ng/password+here";

/** A destination as NethServer 8's action takes it. */
type Described = {
  readonly provider: string;
  readonly url: string;
  readonly parameters: Record<string, string>;
};

/** Each kind of storage that has a real server here, and how an operator describes a place on it. */
const KINDS: {
  name: string;
  start: () => Promise<Storage>;
  describe: (place: Place, port: number) => Promise<Described> | Described;
  /** what rclone says about a wrong password, a place that is not there, one that may only be read; and in which step */
  wrongPassword: RegExp;
  missing: RegExp;
  readOnly: RegExp;
}[] = [
  {
    name: "s3",
    start: startS3,
    describe: ({ login }, port) => ({
      provider: "generic-s3",
      url: `s3:http://127.0.0.1:${port}/${login.root}`,
      parameters: { aws_access_key_id: login.user, aws_secret_access_key: login.password },
    }),
    wrongPassword: /list failed on node 1.*SignatureDoesNotMatch/s,
    missing: /list failed on node 1.*directory not found/s,
    readOnly: /write failed on node 1.*AccessDenied/s,
  },
  {
    name: "sftp",
    start: startSftp,
    describe: ({ login }, port) => ({
      provider: "sftp",
      url: `sftp:/${login.root}`,
      parameters: {
        sftp_host: "127.0.0.1",
        sftp_port: String(port),
        sftp_user: login.user,
        sftp_pass: login.password,
      },
    }),
    wrongPassword: /list failed on node 1.*unable to authenticate/s,
    missing: /list failed on node 1.*directory not found/s,
    readOnly: /write failed on node 1.*permission denied/s,
  },
  {
    name: "smb",
    start: startSmb,
    describe: ({ login }, port) => ({
      provider: "smb",
      url: `smb:${login.root}`,
      parameters: {
        smb_host: "127.0.0.1",
        smb_port: String(port),
        smb_user: login.user,
        smb_pass: login.password,
      },
    }),
    wrongPassword: /list failed on node 1.*logon is invalid/s,
    missing: /list failed on node 1.*share name cannot be found/s,
    readOnly: /write failed on node 1.*permission denied/s,
  },
  {
    name: "webdav",
    start: startWebdav,
    describe: ({ login }, port) => ({
      provider: "webdav",
      url: `webdav:http://127.0.0.1:${port}/${login.root}`,
      parameters: { webdav_user: login.user, webdav_pass: login.password },
    }),
    wrongPassword: /list failed on node 1.*401 Unauthorized/s,
    missing: /list failed on node 1.*directory not found/s,
    readOnly: /write failed on node 1.*403 Forbidden/s,
  },
  {
    name: "ftp, a raw configuration",
    start: startFtp,
    describe: async (place) => ({
      provider: "rclone",
      url: "",
      parameters: { rclone_conf_secret: await configuration(place), basepath: place.login.root },
    }),
    wrongPassword: /list failed on node 1.*Login incorrect/s,
    missing: /list failed on node 1.*directory not found/s,
    readOnly: /write failed on node 1.*550/s,
  },
];

const ctl = (args: readonly string[], input?: Described): Promise<Ended> =>
  rclonegwctlInImage(
    ["destination", ...args],
    input === undefined ? {} : { input: JSON.stringify({ ...input, name: "", password: PASSWORD }) },
  );

/** A gateway of a cluster with one module and no destination. */
async function cluster(): Promise<
  AsyncDisposable & { readonly redis: Awaited<ReturnType<typeof startRedis>> }
> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  await redis.client.sAdd("cluster/acls", [aclLine(DOKUWIKI1), aclLine(NODE1)]);
  await redis.client.hSet("cluster/module_uuid", "dokuwiki1", DOKUWIKI1.uuid);
  stack.use(await startGateway());
  const moved = stack.move();
  return { redis, [Symbol.asyncDispose]: () => moved[Symbol.asyncDispose]() };
}

/** Backs a tree up to a destination, reads all of it back, restores it, and compares. */
async function backUpAndRestore(destination: string): Promise<void> {
  using tree = makeFolder();
  using target = makeFolder();
  makeTree(tree.path, 200, 40_000_000);
  const folders = { [tree.path]: "/data:ro", [target.path]: "/target" };
  const as = { as: DOKUWIKI1, destination, folders, password: PASSWORD };
  await resticOk(["init"], as);
  await resticOk(["backup", "/data"], as);
  assert.match(await resticOk(["check", "--read-data"], as), /no errors were found/);
  await resticOk(["restore", "latest", "--target", "/target"], as);
  const diff = await run("diff", ["-r", "--no-dereference", tree.path, `${target.path}/data`]);
  assert.deepEqual([diff.code, diff.stdout + diff.stderr], [0, ""]);
}

const status = async (destination: string): Promise<number> =>
  (await request("GET", `${repositoryUrl(DOKUWIKI1, destination)}/config`, { as: DOKUWIKI1 })).status;

for (const { name, start, describe, wrongPassword, missing, readOnly } of KINDS) {
  Deno.test(`a destination on ${name} is tried, used and removed`, async (t) => {
    await using _cluster = await cluster();
    await using storage = await start();
    const { port } = storage;
    const cases: [name: string, place: Place, says: RegExp][] = [
      ["a wrong password", withPassword(storage, WRONG), wrongPassword],
      ["a place that is not there", withRoot(storage, "missing"), missing],
      ["a place that may only be read", storage.readOnly, readOnly],
    ];
    for (const [what, place, says] of cases) {
      await t.step(`${what} is told with rclone's words, and nothing is stored`, async () => {
        const ended = await ctl(["add", "--stdin"], await describe(place, port));
        assert.equal(ended.code, 1, ended.stdout + ended.stderr);
        assert.match(ended.stderr, says);
        for (const secret of [WRONG, place.login.password]) {
          assert.ok(!(ended.stdout + ended.stderr).includes(secret));
        }
        assert.deepEqual(JSON.parse((await ctl(["list", "--json"])).stdout), []);
      });
    }
    let id = "";
    await t.step("added, it is served within a moment", async () => {
      const added = await ctl(["add", "--stdin", "--json"], await describe(storage, port));
      assert.equal(added.code, 0, added.stderr);
      id = JSON.parse(added.stdout).id;
      await eventually("it is served", async () => await status(id) === 404);
    });
    await t.step("init, backup, check --read-data, restore", () => backUpAndRestore(id));
    await t.step("removed, it is not known any more, and what is stored stays", async () => {
      assert.equal((await ctl(["remove", id])).code, 0);
      await eventually("it is not known", async () => await status(id) === 403);
      const again = await ctl(["add", "--stdin", "--json"], await describe(storage, port));
      assert.equal(JSON.parse(again.stdout).id, id, again.stderr);
      await eventually("the repository is there", async () => await status(id) === 200);
    });
  });
}

Deno.test("a destination on a node's disk is used and removed", async () => {
  await using _cluster = await cluster();
  const added = await ctl(["add", "--provider=cluster", "--json"]);
  assert.equal(added.code, 0, added.stderr);
  const { id, ...rest } = JSON.parse(added.stdout);
  await eventually("it is served", async () => await status(id) === 404);
  using tree = makeFolder();
  makeTree(tree.path, 50, 5_000_000);
  const as = { as: DOKUWIKI1, destination: id, folders: { [tree.path]: "/data:ro" } };
  const password = rest["restic_password"] ?? rest["password"] ?? PASSWORD;
  await resticOk(["init"], { ...as, password });
  await resticOk(["backup", "/data"], { ...as, password });
  assert.match(await resticOk(["check", "--read-data"], { ...as, password }), /no errors were found/);
  assert.equal((await ctl(["remove", id])).code, 0);
  await eventually("it is not known", async () => await status(id) === 403);
});
