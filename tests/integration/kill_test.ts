// slow
import assert from "node:assert/strict";
import { basic, DOKUWIKI1, fillCluster, sha256 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { haproxyProcess, processOf, startGateway } from "./harness/gateway.ts";
import { writeAll } from "./harness/paced_upload.ts";
import { type Container, makeFolder, makeVolume, podman, run } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { restic, resticOk } from "./harness/restic.ts";
import { randomBytes } from "./harness/tree.ts";
import { repositoryUrl } from "./harness/cluster.ts";
import { request, REST } from "./harness/request.ts";

const RCLONE = /^rclone rcd /;
const VICTIMS: Readonly<Record<string, (gateway: Container) => Promise<number>>> = {
  "rclone": (gateway) => processOf(gateway, RCLONE),
  "the_sidecar": (gateway) => processOf(gateway, /^deno .*authz\/main\.js$/),
  "haproxys_worker": (gateway) => haproxyProcess(gateway, "worker"),
  "haproxys_master": (gateway) => haproxyProcess(gateway, "master"),
  "the_controller": (gateway) => processOf(gateway, /^deno .*gateway\/controller\.js$/),
};

/** Uploads slow enough that a kill hits some of them half-way: 60 MB at 6 MB/s, in ten seconds. */
const SLOW = ["--limit-upload", "6000"];

for (const [victim, find] of Object.entries(VICTIMS)) {
  Deno.test(`${victim}_killed_in_the_middle_of_a_backup_harms_nothing`, async () => {
    await using redis = await startRedis();
    await fillCluster(redis.client);
    await using volume = await makeVolume("srv");
    await using gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });
    using tree = makeFolder();
    for (let index = 0; index < 30; index++) {
      Deno.writeFileSync(`${tree.path}/${index}`, randomBytes(2_000_000));
    }
    const as = { as: DOKUWIKI1, folders: { [tree.path]: "/data:ro" } };
    await resticOk(["init"], as);

    const backup = restic(["backup", "/data", ...SLOW], as);
    await eventually("objects arrive", async () => (await objects(await volume.path())).length >= 2);
    for (let kill = 0; kill < 3; kill++) {
      const pid = await find(gateway);
      Deno.kill(pid, "SIGKILL");
      await eventually(`${victim} is back`, async () => await find(gateway) !== pid, 10_000);
      await new Promise((resolve) => setTimeout(resolve, 1200));
    }
    const ended = await backup;
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(await resticOk(["check", "--read-data"], as), /no errors were found/);
    const torn = (await objects(await volume.path())).filter(({ path, name }) =>
      sha256(Deno.readFileSync(path)) !== name
    );
    assert.deepEqual(torn, []);
  });
}

Deno.test("a_torn_object_is_removed_before_the_first_request_after_a_kill", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using volume = await makeVolume("srv");
  await using state = await makeVolume("state");
  const args = ["--volume", `${volume.name}:/srv/repo`, "--volume", `${state.name}:/var/lib/rclone-gateway`];
  const content = randomBytes(8_000_000);
  const object = `${repositoryUrl(DOKUWIKI1)}/data/${sha256(content)}`;
  const path = `${await volume.path()}/dokuwiki/${DOKUWIKI1.uuid}/data/${sha256(content).slice(0, 2)}/${
    sha256(content)
  }`;
  const healthy = randomBytes(1000);
  const healthyObject = `${repositoryUrl(DOKUWIKI1)}/data/${sha256(healthy)}`;
  /** An upload that sends half of its body and then stalls. */
  const stalling = (): ReadableStream<Uint8Array<ArrayBuffer>> => {
    let offset = 0;
    return new ReadableStream({
      async pull(controller) {
        if (offset < content.length / 2) {
          controller.enqueue(content.slice(offset, offset += 1_000_000));
        } else {
          await new Promise((resolve) => setTimeout(resolve, 20_000));
          controller.close();
        }
      },
    });
  };
  const tornNow = async (): Promise<void> => {
    await eventually("a part of it is written", async () => (await Deno.stat(path)).size > 1_000_000);
  };

  await using gateway = await startGateway({ args });
  await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, { as: DOKUWIKI1, rest: false });
  assert.equal((await request("POST", healthyObject, { as: DOKUWIKI1, body: healthy })).status, 200);
  {
    const upload = request("POST", object, { as: DOKUWIKI1, body: stalling() }).catch(() => undefined);
    await tornNow();
    Deno.kill(await processOf(gateway, RCLONE), "SIGKILL");
    await upload;
    await tornNow();
    // The client's next try is the first request afterwards.
    const again = await eventually("it is served again", async () => {
      const answer = await request("POST", object, { as: DOKUWIKI1, body: content });
      return answer.status !== 503 && answer.status !== 502 && answer;
    });
    assert.equal(again.status, 200, again.text);
    assert.equal(sha256(await Deno.readFile(path)), sha256(content));
    await Deno.remove(path);
  }
  {
    // The same when the whole container goes at once, as with a power cut.
    const upload = request("POST", object, { as: DOKUWIKI1, body: stalling() }).catch(() => undefined);
    await tornNow();
    await podman("kill", gateway.name);
    await upload;
    await tornNow();
    await using _second = await startGateway({ args });
    assert.equal((await request("GET", object, { as: DOKUWIKI1 })).status, 404);
    assert.equal((await request("GET", healthyObject, { as: DOKUWIKI1 })).status, 200);
  }
});

// HAProxy 3.0.11 leaves such a connection open and reads nothing from it any more, until its own timeout of 15 minutes.
// restic then waited five for the answer to what it sent next.
Deno.test("a_connection_is_used_again_or_closed_after_an_upload_that_failed_half_way", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using volume = await makeVolume("srv");
  await using gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });
  await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, { as: DOKUWIKI1, rest: false });
  const content = randomBytes(4_800_000);
  const url = new URL(`${repositoryUrl(DOKUWIKI1)}/data/${sha256(content)}`);
  const head = (method: string, length: number): Uint8Array =>
    new TextEncoder().encode(
      `${method} ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: ${basic(DOKUWIKI1)}\r\n` +
        `Accept: ${REST}\r\nContent-Length: ${length}\r\n\r\n`,
    );
  using connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
  const seen = { text: "", closed: false };
  const reading = readAll(connection, seen);
  /** Slow enough that what is sent is on its way to the disk, and not waiting in some buffer. */
  const send = async (bytes: Uint8Array): Promise<void> => {
    for (let from = 0; from < bytes.length; from += 40_000) {
      await writeAll(connection, bytes.subarray(from, from + 40_000));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await send(head("POST", content.length));
  await send(content.subarray(0, 4_000_000));
  Deno.kill(await processOf(gateway, RCLONE), "SIGKILL");
  // A client that looks at answers only between requests goes on; that it may not be heard any more is no failure.
  await Promise.race([
    send(content.subarray(4_000_000)).then(() => send(head("GET", 0))).catch(() => {}),
    reading,
  ]);
  await eventually(
    "the next request is answered, or the connection is closed, or the client is told to close it",
    () => seen.closed || seen.text.split("HTTP/1.1 ").length > 2 || /^connection: close\r$/im.test(seen.text),
  );
  assert.match(seen.text, /^HTTP\/1\.1 50[23] /);
});

async function readAll(from: Deno.Conn, seen: { text: string; closed: boolean }): Promise<void> {
  const buffer = new Uint8Array(4096);
  for (;;) {
    const count = await from.read(buffer).catch(() => null);
    if (count === null) break;
    seen.text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  seen.closed = true;
}

/** Everything that is stored under a name that says what its content is. */
async function objects(folder: string): Promise<{ path: string; name: string }[]> {
  const found = await run("find", [folder, "-type", "f", "-regextype", "egrep", "-regex", ".*/[0-9a-f]{64}"]);
  return found.stdout.split("\n").filter((line) => line !== "")
    .map((path) => ({ path, name: path.slice(path.lastIndexOf("/") + 1) }));
}
