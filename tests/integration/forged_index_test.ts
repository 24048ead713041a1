// What an application can add to its own repository does not make a prune remove what is good.
import assert from "node:assert/strict";
import { retain } from "../../backup/retention/retain.ts";
import { parsePolicy } from "../../backup/retention/policy.ts";
import { accessOf } from "./harness/access.ts";
import { DOKUWIKI1, fillCluster, NODE1 } from "./harness/cluster.ts";
import { startGateway } from "./harness/gateway.ts";
import { IMAGES, LABEL, makeFolder, makeVolume, podman, run } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { restic } from "./harness/restic.ts";

const DAY = 86_400;

Deno.test("a_pack_that_stands_in_for_a_good_one_is_read_before_a_prune_believes_it", async (t) => {
  Deno.env.set("RESTIC_IMAGE", IMAGES.restic);
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using volume = await makeVolume("srv");
  await using cache = await makeVolume("cache");
  await using _gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });
  using data = makeFolder();
  Deno.writeTextFileSync(`${data.path}/precious`, "what nobody else has\n".repeat(20_000));
  const folders = { [data.path]: "/data" };
  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await restic(args, { as: DOKUWIKI1, folders });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await ok("init");
  const stored = `${await volume.path()}/dokuwiki/${DOKUWIKI1.uuid}`;
  using twin = makeFolder();
  await run("cp", ["-r", `${stored}/.`, `${twin.path}/repository`]);
  await ok("backup", "/data");
  const good = packs(stored);
  using first = makeFolder();
  await run("cp", ["-r", `${stored}/.`, `${first.path}/repository`]);
  const [record] = JSON.parse(await ok("snapshots", "--json")) as { id: string }[];
  const records = [{
    id: record?.id ?? "",
    seen: Math.floor(Date.now() / 1000) - DAY,
    backup: "1",
    node: "1",
    bytes: 420_000,
    added: 420_000,
    files: 1,
  }];
  const policy = parsePolicy("keep-last=3");
  assert(!("problems" in policy));
  const keep = () =>
    retain({
      access: accessOf(NODE1, DOKUWIKI1),
      cache: cache.name,
      policy,
      minimumAge: 0,
      pruneEvery: 0,
      records,
      now: Math.floor(Date.now() / 1000),
      facts: {},
    });

  // The same data in other packs, as whoever knows the repository's password can make them; then worthless, and of the same size.
  await podman(
    ...["run", "--rm", "--label", LABEL, "--network=none", "--env=RESTIC_PASSWORD=restic-password-Lm7"],
    ...[`--volume=${twin.path}/repository:/repository`, `--volume=${data.path}:/data`, IMAGES.restic],
    ...["--no-cache", "--repo=/repository", "backup", "/data"],
  );
  const forged = packs(`${twin.path}/repository`);
  assert(forged.length > 0 && forged.every((pack) => !good.includes(pack)));
  for (const pack of forged) await put(`${twin.path}/repository`, stored, `data/${pack.slice(0, 2)}/${pack}`);
  const indexes = [...Deno.readDirSync(`${twin.path}/repository/index`)].map(({ name }) => name);
  for (const name of indexes) await put(`${twin.path}/repository`, stored, `index/${name}`);

  await t.step("whole ones are no harm", async () => {
    const { retention, prune } = await keep();
    assert.deepEqual([retention.kind, prune], ["done", { kind: "done" }]);
    assert.match(await ok("check", "--read-data"), /no errors were found/);
    assert.match(await ok("dump", "latest", "/data/precious"), /^what nobody else has$/m);
  });
  await t.step("worthless ones hold it, and what is good stays", async () => {
    const left = packs(stored);
    // Both are named again: those that prune has left, and those that it has removed, which are worthless now.
    for (const [from, those] of [[first, good], [twin, forged]] as const) {
      for (const pack of those.filter((pack) => !left.includes(pack))) {
        const bytes = Deno.readFileSync(`${from.path}/repository/data/${pack.slice(0, 2)}/${pack}`);
        crypto.getRandomValues(bytes.subarray(0, Math.min(bytes.length, 65_536)));
        Deno.mkdirSync(`${stored}/data/${pack.slice(0, 2)}`, { recursive: true });
        Deno.writeFileSync(`${stored}/data/${pack.slice(0, 2)}/${pack}`, bytes);
      }
      for (const { name } of Deno.readDirSync(`${from.path}/repository/index`)) {
        await put(`${from.path}/repository`, stored, `index/${name}`);
      }
    }
    await run("chown", ["--recursive", "4694:4694", stored]);
    const { prune } = await keep();
    assert.equal(prune?.kind, "held", JSON.stringify(prune));
    assert("because" in prune && /names some of the data twice/.test(prune.because), JSON.stringify(prune));
    for (const pack of left) assert(packs(stored).includes(pack), `${pack} is gone`);
  });
});

/** The names of all packs of a repository. */
function packs(repository: string): string[] {
  return [...Deno.readDirSync(`${repository}/data`)].flatMap(({ name }) =>
    [...Deno.readDirSync(`${repository}/data/${name}`)].map((pack) => pack.name)
  );
}

async function put(from: string, to: string, object: string): Promise<void> {
  Deno.mkdirSync(`${to}/${object.slice(0, object.lastIndexOf("/"))}`, { recursive: true });
  await Deno.copyFile(`${from}/${object}`, `${to}/${object}`);
  await run("chown", ["--recursive", "4694:4694", to]);
}
