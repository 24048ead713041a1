import assert from "node:assert/strict";
import { DESTINATION, DOKUWIKI1, fillCluster, repositoryUrl, sha256 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { HEALTH, startGateway } from "./harness/gateway.ts";
import { type Ended, makeFolder, makeVolume, run } from "./harness/podman.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { randomBytes } from "./harness/tree.ts";

const OTHER = "5a1c2d3e-0000-4000-8000-0000000000c2";
const BROKEN = "5a1c2d3e-0000-4000-8000-0000000000c3";
/** A path that every layer could read in another way: rclone.conf, a list of upstreams, a shell. */
const ODD = `/other/a "quoted" path, with = ; # ' and %20 é`;
const SECRET = "secret-of-a-storage-Xw9";

Deno.test("the_operator_runs_rclone_in_the_gateway", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await redis.client.hSet("private/nodes/backup_destination/rclone_conf", {
    [OTHER]: `[${OTHER}]\ntype = local\n`,
    // Nobody listens there.
    [BROKEN]: `[${BROKEN}]\ntype = sftp\nhost = 127.0.0.1\nport = 1\nuser = u\npass = ${SECRET}\n`,
  });
  await redis.client.hSet(`cluster/backup_repository/${OTHER}`, {
    name: "o",
    provider: "rclone",
    basepath: ODD,
  });
  await redis.client.hSet(`cluster/backup_repository/${BROKEN}`, {
    name: "b",
    provider: "rclone",
    basepath: "",
  });
  await using volume = await makeVolume("srv");
  await using state = await makeVolume("st");
  using other = makeFolder();
  const odd = `${other.path}${ODD.slice("/other".length)}`;
  await Deno.mkdir(odd, { recursive: true });
  await Deno.writeTextFile(`${odd}/file`, "in an odd place");
  await run("chown", ["-R", "4694:4694", other.path]);
  await using gateway = await startGateway({
    args: [
      ...["--volume", `${volume.name}:/srv/repo`, "--volume", `${state.name}:/var/lib/rclone-gateway`],
      ...["--volume", `${other.path}:/other`],
    ],
  });
  const socket = `${await state.path()}/operator.sock`;
  const rclone = (args: readonly string[], input?: string): Promise<Ended> =>
    rclonegwctl([
      ...(input === undefined ? ["rclone", "--"] : ["rclone", "--config-from-stdin", "--"]),
      ...args,
    ], {
      OPERATOR_SOCKET: socket,
    }, input);
  const content = "an object";
  await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, { as: DOKUWIKI1, rest: false });
  const object = `${repositoryUrl(DOKUWIKI1)}/index/${sha256(content)}`;
  assert.equal((await request("POST", object, { as: DOKUWIKI1, body: content })).status, 200);

  await t.step(
    "combined: has a folder for each destination that can be created, and names the others",
    async () => {
      const ended = await rclone(["lsf", "combined:"]);
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(ended.stdout.trim().split("\n"), [`${DESTINATION}/`, `${OTHER}/`]);
      assert.match(
        ended.stderr,
        new RegExp(`destination ${BROKEN} is left out of combined: .*connection refused`),
      );
    },
  );
  await t.step("below it are app types and modules, whatever the path on the storage is", async () => {
    const path = `combined:${DESTINATION}/dokuwiki/${DOKUWIKI1.uuid}/index/${sha256(content)}`;
    assert.equal((await rclone(["cat", path])).stdout, content);
    assert.equal((await rclone(["cat", `combined:${OTHER}/file`])).stdout, "in an odd place");
  });
  await t.step("what it prints comes byte for byte, and its exit code is rclone's", async () => {
    const bytes = randomBytes(100_000);
    await Deno.writeFile(`${odd}/bytes`, bytes);
    const sum = await rclone(["hashsum", "sha256", "--download", `combined:${OTHER}/bytes`]);
    assert.match(sum.stdout, new RegExp(`^${sha256(bytes)} `));
    const dumped = await rclone(["cat", `combined:${OTHER}/bytes`]);
    assert.equal(dumped.stdout, new TextDecoder().decode(bytes));
    const missing = await rclone(["cat", `combined:${OTHER}/nothing`]);
    assert.notEqual(missing.code, 0);
    assert.match(missing.stderr, /not found/);
  });
  await t.step("a configuration from standard input is used alone, and forgotten", async () => {
    const config = `[mine]\ntype = local\ndescription = ${SECRET}\n`;
    assert.equal((await rclone(["listremotes"], config)).stdout, "mine:\n");
    assert.equal((await rclone(["cat", `mine:${ODD}/file`], config)).stdout, "in an odd place");
    assert.equal(
      (await rclone(["listremotes"])).stdout,
      `${DESTINATION}:\n${OTHER}:\n${BROKEN}:\ncombined:\n`,
    );
  });
  await t.step("who goes away ends it, and nothing of it is left", async () => {
    const ended = await run("timeout", [
      "2",
      Deno.execPath(),
      "eval",
      `
      const client = Deno.createHttpClient({ proxy: { transport: "unix", path: ${JSON.stringify(socket)} } });
      const body = JSON.stringify({ args: ["rcd", "--rc-no-auth", "--rc-addr", "127.0.0.1:5999"], config: "" });
      const response = await fetch("http://gateway/rclone", { client, method: "POST", body });
      for await (const _ of response.body) continue;
    `,
    ]);
    assert.equal(ended.code, 124, ended.stderr);
    await eventually(
      "it has ended",
      async () => !(await gateway.processes()).some(({ command }) => command.includes("127.0.0.1:5999")),
    );
  });
  await t.step("a person in the container finds the same, those that fail left out", async () => {
    const [first] = await gateway.processes();
    const path = `/proc/${first?.pid}/root/run/gateway/rclone.conf`;
    await eventually("it is written", async () => (await Deno.readTextFile(path)).includes("[combined]"));
    const { mode } = await Deno.stat(path);
    assert.equal((mode ?? 0) & 0o777, 0o600);
  });
  await t.step("only root and the gateway can open its socket", async () => {
    const { mode, uid } = await Deno.stat(socket);
    assert.deepEqual([(mode ?? 0) & 0o777, uid], [0o600, 4694]);
  });
  await t.step("without a gateway it says so", async () => {
    const ended = await rclonegwctl(["rclone", "--", "version"], { OPERATOR_SOCKET: "/nonexistent/x.sock" });
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /Cannot reach the gateway over \/nonexistent\/x.sock/);
  });
  assert.ok(!(await gateway.logs()).includes(SECRET));
  assert.ok(!(await (await fetch(`${HEALTH}/status`)).text()).includes(SECRET));
});
