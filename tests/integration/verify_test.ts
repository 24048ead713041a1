import assert from "node:assert/strict";
import { DESTINATION, DOKUWIKI1, DOKUWIKI2, fillCluster } from "./harness/cluster.ts";
import { startGateway } from "./harness/gateway.ts";
import { makeFolder, makeVolume } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { backUp, ctl, ctlOk, initRepository, makeModules, record } from "./harness/restoring.ts";
import { makeTree } from "./harness/tree.ts";

const NOW = Math.floor(Date.now() / 1000);
const facts = (of: typeof DOKUWIKI1): string =>
  `private/nodes/gateway/repository/${DESTINATION}/dokuwiki/${of.uuid}`;

Deno.test("verify_reads_share_by_share_restores_a_sample_and_finds_a_damaged_pack", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using disk = await makeVolume("srv");
  await using _gateway = await startGateway({ args: ["--volume", `${disk.name}:/srv/repo`] });
  using temporary = makeFolder();
  using made = makeModules();
  const modules = { ...made, environment: { ...made.environment, TMPDIR: temporary.path } };
  using folder = makeFolder();
  makeTree(`${folder.path}/state`, 100, 2 << 20);
  await Deno.mkdir(`${folder.path}/volumes`);
  await Deno.writeTextFile(`${folder.path}/volumes/a*b?[c]\\d`, "a name that looks like a pattern");
  for (const module of [DOKUWIKI1, DOKUWIKI2]) {
    await initRepository(module);
    const id = await backUp(module, { [folder.path]: "/srv" });
    await record(redis.client, module, id, NOW);
  }
  const verify = async (...args: string[]) => {
    const { code, stdout, stderr } = await ctl(modules, ["verify", "--json", ...args]);
    return { code, stderr, ...JSON.parse(stdout || "{}") };
  };
  const factsOf = async (of: typeof DOKUWIKI1): Promise<Record<string, string>> => ({
    ...await redis.client.hGetAll(facts(of)) as Record<string, string>,
  });

  await t.step("what is not valid ends with 2", async () => {
    for (const args of [[], ["--all", "--module", "dokuwiki1"], ["--all", "--share", "2/3"]]) {
      assert.equal((await ctl(modules, ["verify", ...args])).code, 2);
    }
  });

  await t.step("all repositories, one share after the other, with a sample of each", async () => {
    await redis.client.hSet(facts(DOKUWIKI1), "prune_held", "another's fact");
    const first = await verify("--all", "--share", "1/2");
    assert.equal(first.code, 0, first.stderr);
    assert.deepEqual(
      first.repositories.map(({ share, files, verdict }: Record<string, unknown>) => [share, files, verdict]),
      [["1/2", 5, { kind: "done" }], ["1/2", 5, { kind: "done" }]],
    );
    const held = await factsOf(DOKUWIKI1);
    assert.deepEqual([held["verify_next"], held["prune_held"], held["verify_failed"]], [
      "2",
      "another's fact",
      undefined,
    ]);
    assert(Number(held["verified"]) >= NOW);
    const second = await verify("--module", "dokuwiki1", "--share", "1/2");
    assert.deepEqual([second.code, second.repositories[0].share], [0, "2/2"]);
    assert.equal((await factsOf(DOKUWIKI1))["verify_next"], "1");
  });

  await t.step("nothing of a sample stays", () => {
    assert.deepEqual([...Deno.readDirSync(temporary.path)], []);
  });

  await t.step("a damaged pack is found, in its repository and in no other", async () => {
    const pack = largestFile(`${await disk.path()}/dokuwiki/${DOKUWIKI2.uuid}/data`);
    const bytes = Deno.readFileSync(pack);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    Deno.chmodSync(pack, 0o644);
    Deno.writeFileSync(pack, bytes);
    const found = await verify("--all", "--share", "1/1");
    assert.equal(found.code, 1);
    const [one, two] = found.repositories;
    assert.deepEqual([one.verdict.kind, two.verdict.kind], ["done", "failed"]);
    assert.match(two.repository, new RegExp(DOKUWIKI2.uuid));
    assert.match(two.verdict.because, new RegExp(pack.slice(-64, -54)));
    const held = await factsOf(DOKUWIKI2);
    assert.match(held["verify_failed"] ?? "", /^[0-9]{10} \S/);
    assert.equal(held["verify_next"], "1");
    const said = await ctl(modules, ["verify", "--module", "dokuwiki2", "--share", "1/1"]);
    assert.equal(said.code, 1);
    assert.match(said.stdout, new RegExp(`${DOKUWIKI2.uuid}: WRONG`));
  });

  await t.step("with the leader away it verifies, and says that the result is not written down", async () => {
    const ended = await ctl(
      { ...modules, environment: { ...modules.environment, REDIS_ADDRESS: "127.0.0.1:1" } },
      ["verify", "--module", "dokuwiki1", "--share", "1/1"],
    );
    assert.equal(ended.code, 1);
    assert.match(ended.stdout, /share 1\/1 is whole, 5 files restored/);
    assert.match(ended.stderr, /could not be written down/);
  });
  await t.step("a module that has no repository says so", async () => {
    const ended = await ctl(modules, ["verify", "--module", "mail1"]);
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /there is no repository/);
    await ctlOk(modules, "verify", "--help");
  });
});

function largestFile(folder: string): string {
  const files = (path: string): string[] =>
    [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
      isDirectory ? files(`${path}/${name}`) : [`${path}/${name}`]
    );
  const [largest = ""] = files(folder).sort((a, b) => Deno.statSync(b).size - Deno.statSync(a).size);
  return largest;
}
