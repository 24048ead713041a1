// slow
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { basic, DOKUWIKI1, fillCluster, NODE1, repositoryUrl } from "./harness/cluster.ts";
import {
  announce,
  type RawDestination,
  removeDestination,
  storeDestination,
} from "./harness/destinations.ts";
import { eventually } from "./harness/eventually.ts";
import { GATEWAY, HEALTH, startGateway } from "./harness/gateway.ts";
import { type Container, makeFolder, run } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { request, REST } from "./harness/request.ts";
import { randomBytes } from "./harness/tree.ts";

const MIB = 1024 * 1024;
const BLOCKS = 2048;
/** 48 MiB/s at most: 40 s and more. */
const BLOCK_EVERY_MS = 1000 / 48;
/** So many are held back until everything has changed. */
const LAST = 64;

Deno.test("a_2_GiB_upload_survives_changes_of_its_own_and_of_other_destinations", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  const { client } = redis;
  using disk = makeFolder();
  const local = (number: number): RawDestination => {
    const id = `5a1c2d3e-0000-4000-8000-00000000030${number}`;
    Deno.mkdirSync(`${disk.path}/${number}`);
    Deno.writeTextFileSync(`${disk.path}/${number}/there`, id);
    return { id, name: `local ${number}`, section: `[${id}]\ntype = local\n`, basepath: `/disk/${number}` };
  };
  const [own, removed, added] = [local(1), local(2), local(3)];
  for (const each of [own, removed]) await storeDestination(client, each);
  await run("chown", ["-R", "4694:4694", disk.path]);
  await using gateway = await startGateway({ args: ["--volume", `${disk.path}:/disk`] });
  const seen = (id: string) => request("GET", `${GATEWAY}/${id}/there`, { as: NODE1, rest: false });
  for (const { id } of [own, removed]) assert.deepEqual((await seen(id)).text, id);
  const repository = repositoryUrl(DOKUWIKI1, own.id);
  await request("POST", `${repository}/?create=true`, { as: NODE1, rest: false });

  const block = randomBytes(MIB);
  const digest = sha256OfAll(block);
  const sent = { blocks: 0 };
  let changed = (): void => {};
  const everythingChanged = new Promise<void>((resolve) => changed = resolve);
  const began = performance.now();
  const upload = post(`${repository}/data/${digest}`, block, sent, everythingChanged);
  const stored = `${disk.path}/1/dokuwiki/${DOKUWIKI1.uuid}/data/${digest.slice(0, 2)}/${digest}`;
  const before = await rclones(gateway);
  try {
    await eventually("it is on its way", async () => (await stat(stored)) > 64 * MIB, 60_000);

    await t.step("another destination is removed", async () => {
      await removeDestination(client, removed.id);
      await announce(client, removed.id);
      await eventually(
        "it is not known any more",
        async () => (await seen(removed.id)).status === 403,
        60_000,
      );
    });
    await t.step("its own destination's name is altered", async () => {
      await storeDestination(client, { ...own, name: "another name" });
      await announce(client, own.id);
      await eventually("the status shows it", async () => {
        const { destinations } = await (await fetch(`${HEALTH}/status`)).json();
        return destinations.some(({ id, name }: RawDestination) => id === own.id && name === "another name");
      }, 60_000);
    });
    await t.step("HAProxy is reloaded once more, for a new destination", async () => {
      await storeDestination(client, added);
      await announce(client, added.id);
      await eventually("it is served", async () => (await seen(added.id)).text === added.id, 60_000);
    });
    await t.step(
      "even its own destination's configuration is altered, which takes another rclone",
      async () => {
        await storeDestination(client, {
          ...own,
          name: "another name",
          section: `${own.section}links = true\n`,
        });
        await announce(client, own.id);
        await eventually("both run", async () => {
          await seen(own.id);
          return (await rclones(gateway)).filter((command) => command.includes(own.id)).length === 2;
        }, 60_000);
      },
    );
    await t.step(
      "the worker that has the upload lives on, and so does the rclone that stores it",
      async () => {
        await eventually("the master, the new worker and the one with the upload", async () => {
          const processes = await gateway.processes();
          return processes.filter(({ command }) => /^haproxy /.test(command)).length === 3;
        }, 60_000);
        const now = await rclones(gateway);
        assert.ok(before.every((command) => now.includes(command)));
      },
    );
  } finally {
    changed();
  }
  await t.step("it is answered 200, and what is stored is what was sent", async () => {
    const answer = await upload;
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.equal(sent.blocks, BLOCKS);
    assert.equal(await stat(stored), BLOCKS * MIB);
    const hash = createHash("sha256");
    for await (const chunk of (await Deno.open(stored)).readable) hash.update(chunk);
    assert.equal(hash.digest("hex"), digest);
    console.log(`2 GiB in ${Math.round((performance.now() - began) / 1000)} s`);
  });
  await t.step("a new request finds it, and what earlier configurations had has ended", async () => {
    const head = await request("HEAD", `${repository}/data/${digest}`, { as: NODE1 });
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, `${BLOCKS * MIB}`]);
    let last: readonly string[] = [];
    await eventually("each destination that is left has one rclone", async () => {
      last = await rclones(gateway);
      return last.length === 2 && [own, added].every(({ id }) => last.some((one) => one.includes(id)));
    }, 90_000).catch((error) => assert.fail(`${error.message}: ${last.join("; ")}`));
  });
});

/** The n-th block of what is uploaded: the same bytes, but for its number at the beginning. */
function numbered(block: Uint8Array<ArrayBuffer>, number: number): Uint8Array<ArrayBuffer> {
  new DataView(block.buffer).setUint32(0, number);
  return block;
}

function sha256OfAll(block: Uint8Array<ArrayBuffer>): string {
  const hash = createHash("sha256");
  for (let number = 0; number < BLOCKS; number++) hash.update(numbered(block, number));
  return hash.digest("hex");
}

/**
 * One upload as restic makes it, with a length, over a connection of its own. The last blocks wait for `release`. Returns the
 * answer's status line.
 */
async function post(
  url: string,
  block: Uint8Array<ArrayBuffer>,
  sent: { blocks: number },
  release: Promise<void>,
): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const writeAll = async (bytes: Uint8Array): Promise<void> => {
    for (let written = 0; written < bytes.length;) written += await connection.write(bytes.subarray(written));
  };
  await writeAll(
    new TextEncoder().encode([
      `POST ${pathname} HTTP/1.1`,
      `host: ${hostname}:${port}`,
      `authorization: ${basic(NODE1)}`,
      `accept: ${REST}`,
      `content-length: ${BLOCKS * MIB}`,
      "\r\n",
    ].join("\r\n")),
  );
  const began = performance.now();
  for (; sent.blocks < BLOCKS; sent.blocks++) {
    if (sent.blocks === BLOCKS - LAST) await release;
    await writeAll(numbered(block, sent.blocks));
    const due = began + sent.blocks * BLOCK_EVERY_MS;
    if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
  }
  const buffer = new Uint8Array(4096);
  const read = await connection.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, read ?? 0)).split("\r\n")[0] ?? "";
}

async function rclones(gateway: Container): Promise<string[]> {
  return (await gateway.processes()).map(({ command }) => command).filter((one) => /^rclone rcd /.test(one));
}

/** A file's size; 0 where there is none (yet). */
async function stat(path: string): Promise<number> {
  return await Deno.stat(path).then(({ size }) => size, () => 0);
}
