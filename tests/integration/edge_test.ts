import assert from "node:assert/strict";
import {
  basic,
  DESTINATION,
  DOKUWIKI1,
  DOKUWIKI2,
  fillCluster,
  NODE1,
  repositoryUrl,
  sha256,
} from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { environmentFile, HARDENED, HEALTH, processOf, SETTINGS, startGateway } from "./harness/gateway.ts";
import { IMAGES, makeVolume, podman, run } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { request, REST } from "./harness/request.ts";
import { randomBytes } from "./harness/tree.ts";

const repository = repositoryUrl(DOKUWIKI1);
const create = (): ReturnType<typeof request> =>
  request("POST", `${repository}/?create=true`, { as: DOKUWIKI1, rest: false });

/**
 * Uploads as Go's HTTP client does, which is restic's: sends until there is an answer, takes that, and closes. Returns
 * the answer's status line.
 */
async function uploadLikeGo(url: string, content: Uint8Array): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: 4694 });
  const head = `POST ${new URL(url).pathname} HTTP/1.1\r\nHost: 127.0.0.1:4694\r\nAccept: ${REST}\r\n` +
    `Authorization: ${basic(DOKUWIKI1)}\r\nContent-Length: ${content.length}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  const sending = (async () => {
    for (let sent = 0; sent < content.length;) {
      sent += await connection.write(content.subarray(sent, sent + 65_536));
    }
  })().catch(() => {/* the answer came first, and the connection is closed */});
  const answer = new Uint8Array(4096);
  const length = await connection.read(answer);
  const [status = ""] = new TextDecoder().decode(answer.subarray(0, length ?? 0)).split("\r\n");
  if (status.includes("100 Continue")) throw new Error("nobody asked for it");
  void sending;
  return status;
}

Deno.test("a_repeated_upload_of_a_whole_pack_is_answered_200", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using _gateway = await startGateway();
  await create();
  // As large as restic's packs, with a Content-Length, as restic sends it.
  const pack = randomBytes(17_000_000);
  const object = `${repository}/data/${sha256(pack)}`;
  for (let time = 0; time < 4; time++) assert.match(await uploadLikeGo(object, pack), /^HTTP\/1.1 200 /);
  // Several connections at once, as after a cut: one stores it, all are told that it is stored.
  const another = randomBytes(17_000_000);
  const second = `${repository}/data/${sha256(another)}`;
  for (const status of await Promise.all([1, 2, 3].map(() => uploadLikeGo(second, another)))) {
    assert.match(status, /^HTTP\/1.1 200 /);
  }
  // Half of it under the same name is another object.
  assert.match(await uploadLikeGo(object, pack.subarray(0, 8_000_000)), /^HTTP\/1.1 403 /);
  for (const [url, content] of [[object, pack], [second, another]] as const) {
    const stored = await fetch(url, { headers: { authorization: basic(DOKUWIKI1), accept: REST } });
    assert.equal(sha256(new Uint8Array(await stored.arrayBuffer())), sha256(content));
  }
});

Deno.test("only_loopback_and_the_cluster_network_may_connect", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await run("ip", ["address", "add", "10.5.4.9/32", "dev", "lo"]);
  await run("ip", ["address", "add", "10.5.5.9/32", "dev", "lo"]);
  await using gateway = await startGateway();
  const status = (host: string): Promise<number | string> =>
    fetch(`${repository}/config`.replace("127.0.0.1", host)).then(
      async (response) => (await response.body?.cancel(), response.status),
      () => "refused",
    );
  await t.step("loopback may", async () => assert.equal(await status("127.0.0.1"), 401));
  await t.step(
    "an address of the cluster network may",
    async () => assert.equal(await status("10.5.4.9"), 401),
  );
  await t.step("any other may not", async () => assert.equal(await status("10.5.5.9"), "refused"));
  await t.step("a network that changes in Redis changes who may", async () => {
    await redis.client.set("cluster/network", "10.5.5.0/24");
    await redis.client.publish("cluster/event/backup-destination-changed", "{}");
    await eventually("the new network may", async () => await status("10.5.5.9") === 401);
    assert.equal(await status("10.5.4.9"), "refused");
  });
  await t.step("one that is none lets nobody in, and status says so", async () => {
    await redis.client.set("cluster/network", "10.5.5.0/24 and more");
    await redis.client.publish("cluster/event/backup-destination-changed", "{}");
    await eventually("nobody may", async () => await status("10.5.5.9") === "refused");
    assert.equal(await status("127.0.0.1"), 401);
    // The new worker answers a moment before the controller has heard that it does.
    await eventually(
      "status says so",
      async () => /cluster\/network is not a network/.test(await (await fetch(`${HEALTH}/readyz`)).text()),
    );
  });
  assert.match(await gateway.logs(), /only loopback may connect/);
});

Deno.test("a_storage_that_fails_is_a_502_and_harms_no_other_request", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using volume = await makeVolume("srv");
  await using _gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });
  await create();
  await request("POST", `${repository}/config`, { as: DOKUWIKI1, body: "a config" });
  // A folder that it may not write to is as good as a full disk. (What it may not read, rclone says is not there.)
  const folder = `${await volume.path()}/dokuwiki/${DOKUWIKI1.uuid}/snapshots`;
  await Deno.mkdir(folder, { recursive: true });
  await run("chown", ["0:0", folder]);
  await Deno.chmod(folder, 0o755);
  const content = "a snapshot";
  const snapshot = `${repository}/snapshots/${sha256(content)}`;
  const answer = await request("POST", snapshot, { as: DOKUWIKI1, body: content });
  assert.equal(answer.status, 502, answer.text);
  assert.equal((await request("GET", `${repository}/config`, { as: DOKUWIKI1 })).status, 200);
  await run("chown", ["4694:4694", folder]);
  assert.equal((await request("POST", snapshot, { as: DOKUWIKI1, body: content })).status, 200);
});

Deno.test("what_cannot_be_looked_up_is_not_uploaded_by_a_module", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using volume = await makeVolume("srv");
  await using _gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });
  await create();
  const content = "a key";
  const key = `${repository}/keys/${sha256(content)}`;
  assert.equal((await request("POST", key, { as: DOKUWIKI1, body: content })).status, 200);
  // A storage that does not say whether the object is there: rclone's own append-only check would let the upload pass.
  const folder = `${await volume.path()}/dokuwiki/${DOKUWIKI1.uuid}/keys`;
  await run("chown", ["0:0", folder]);
  await Deno.chmod(folder, 0o700);
  const answer = await request("POST", key, { as: DOKUWIKI1, body: "overwritten" });
  assert.equal(answer.status, 503, answer.text);
  assert.match(answer.text, /cannot be told/);
  await run("chown", ["4694:4694", folder]);
  assert.equal((await request("POST", key, { as: DOKUWIKI1, body: "overwritten" })).status, 403);
  assert.equal((await request("POST", key, { as: DOKUWIKI1, body: content })).status, 200);
  assert.equal((await request("GET", key, { as: DOKUWIKI1 })).text, content);
});

Deno.test("one_bad_key_in_redis_sets_one_destination_aside", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  const broken = "5a1c2d3e-0000-4000-8000-00000000000b";
  const twin = "6a1c2d3e-0000-4000-8000-00000000000c";
  await redis.client.hSet("private/nodes/backup_destination/rclone_conf", {
    [broken]: `[${broken}]\ntype = s3\n`,
    [twin]: `[${twin}]\ntype = local\n`,
  });
  await redis.client.set(`cluster/backup_repository/${broken}`, "not a hash");
  await redis.client.hSet(`cluster/backup_repository/${twin}`, {
    provider: "cluster",
    url: "webdav:http://10.5.4.1:4694",
  });
  await using _gateway = await startGateway({ ready: false });
  const config = `${repository}/config`;
  await t.step("the others are served", async () => {
    await eventually(
      "it is served",
      async () => (await request("GET", config, { as: DOKUWIKI1 })).status === 404,
    );
  });
  await t.step("it gets 503 with the reason", async () => {
    const answer = await request("GET", config.replace(DESTINATION, broken), { as: DOKUWIKI1 });
    assert.equal(answer.status, 503);
    assert.match(answer.text, /WRONGTYPE/);
  });
  await t.step("a second destination of the same disk is not served, and says which is", async () => {
    const answer = await request("GET", config.replace(DESTINATION, twin), { as: DOKUWIKI1 });
    assert.equal(answer.status, 503);
    assert.match(answer.text, new RegExp(`same disk as destination ${DESTINATION}`));
  });
  await t.step(
    "a list of destinations that cannot be read keeps what runs, and status says why",
    async () => {
      await redis.client.rename("private/nodes/backup_destination/rclone_conf", "aside");
      await redis.client.set("private/nodes/backup_destination/rclone_conf", "oops");
      await redis.client.publish("cluster/event/backup-destination-changed", "{}");
      await eventually(
        "status says it",
        async () => /WRONGTYPE/.test(await (await fetch(`${HEALTH}/readyz`)).text()),
      );
      assert.equal((await request("GET", config, { as: DOKUWIKI1 })).status, 404);
      await redis.client.del("private/nodes/backup_destination/rclone_conf");
      await redis.client.rename("aside", "private/nodes/backup_destination/rclone_conf");
    },
  );
  const told = async (says: RegExp): Promise<void> => {
    await redis.client.publish("cluster/event/backup-destination-changed", "{}");
    await eventually(
      "status says it",
      async () => says.test(await (await fetch(`${HEALTH}/readyz`)).text()),
    );
    assert.equal((await request("GET", config, { as: DOKUWIKI1 })).status, 404);
  };
  await t.step("a list of destinations that was deleted by mistake keeps what runs", async () => {
    await redis.client.rename("private/nodes/backup_destination/rclone_conf", "aside");
    await told(/has lost .*whose public facts are still there/);
    await redis.client.rename("aside", "private/nodes/backup_destination/rclone_conf");
  });
  await t.step("a Redis that was emptied keeps what runs, and lets nobody in", async () => {
    await redis.client.publish("cluster/event/backup-destination-changed", "{}");
    await eventually(
      "what it holds is in force",
      async () => !/has lost/.test(await (await fetch(`${HEALTH}/readyz`)).text()),
    );
    await redis.client.flushAll();
    await redis.client.publish("cluster/event/backup-destination-changed", "{}");
    await eventually(
      "status says it",
      async () => /was it emptied/.test(await (await fetch(`${HEALTH}/readyz`)).text()),
    );
    assert.equal((await request("GET", config, { as: DOKUWIKI1 })).status, 503);
    await fillCluster(redis.client);
    await redis.client.publish("cluster/event/backup-destination-changed", "{}");
    await eventually(
      "it goes on",
      async () => (await request("GET", config, { as: DOKUWIKI1 })).status === 404,
    );
  });
});

Deno.test("what_a_kill_left_torn_survives_no_sequence_of_starts_and_stops", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using volume = await makeVolume("srv");
  await using state = await makeVolume("state");
  const args = ["--volume", `${volume.name}:/srv/repo`, "--volume", `${state.name}:/other`];
  const settings = { STATE_DIR: "/other" };
  const whole = randomBytes(100_000);
  const path = `${await volume.path()}/dokuwiki/${DOKUWIKI1.uuid}/data/${sha256(whole).slice(0, 2)}/${
    sha256(whole)
  }`;
  // As rclone leaves it: owned by its user, under the final name, a part of it.
  const tear = async (): Promise<void> => {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(path, whole.slice(0, 40_000));
    await run("chown", ["-R", "4694:4694", `${await volume.path()}/dokuwiki`]);
  };
  const served = (): ReturnType<typeof request> => request("GET", `${repository}/config`, { as: DOKUWIKI1 });
  await run("podman", [
    "run",
    "--rm",
    "--network=none",
    "--user=0",
    "--volume",
    `${state.name}:/other`,
    IMAGES.redis,
    "chown",
    "4694:4694",
    "/other",
  ]);
  {
    await using gateway = await startGateway({ args, settings });
    await create();
    await tear();
    await podman("kill", gateway.name);
  }
  {
    // A life in which nobody asks for that destination, ended in order.
    await using gateway = await startGateway({ args, settings });
    await podman("stop", "--time", "30", gateway.name);
  }
  await Deno.stat(path);
  {
    await using gateway = await startGateway({ args, settings });
    assert.equal((await served()).status, 404);
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
    // rclone is killed, nobody asks for it again, and the gateway is ended in order.
    await tear();
    const rclone = await processOf(gateway, /^rclone rcd /);
    Deno.kill(rclone, "SIGKILL");
    await eventually("rclone is back", async () => await processOf(gateway, /^rclone rcd /) !== rclone);
    await podman("stop", "--time", "30", gateway.name);
  }
  await Deno.stat(path);
  {
    await using _gateway = await startGateway({ args, settings });
    assert.equal((await served()).status, 404);
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  }
});

Deno.test("a_port_that_is_taken_is_told_in_one_message", async () => {
  using _listener = Deno.listen({ hostname: "127.0.0.1", port: 4694 });
  using _other = Deno.listen({ hostname: "127.0.0.1", port: 4695 });
  using file = environmentFile(SETTINGS);
  const ended = await run("podman", [
    "run",
    "--rm",
    "--network=host",
    ...HARDENED,
    "--env-file",
    file.path,
    IMAGES.gateway,
  ], {
    timeoutMs: 30_000,
  });
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /0\.0\.0\.0:4694 \(PORT\).*something else listens/);
  assert.match(ended.stderr, /127\.0\.0\.1:4695 \(HEALTH_ADDRESS\).*something else listens/);
});

Deno.test("too_many_wrong_secrets_are_429_and_the_right_one_never_is", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using gateway = await startGateway();
  await create();
  const wrong = { ...DOKUWIKI1, secret: "wrong" };
  const url = `${repository}/config`;
  await t.step("30 are told that they are wrong, the next that there were too many", async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => request("GET", url, { as: wrong })));
    assert.deepEqual(answers.map(({ status }) => status), new Array(30).fill(401));
    const next = await request("GET", url, { as: wrong });
    assert.equal(next.status, 429);
    const seconds = Number(next.headers.get("retry-after"));
    assert(seconds > 200 && seconds <= 300, `Retry-After is ${seconds}`);
  });
  await t.step("the right secret is taken, from the same address", async () => {
    assert.equal((await request("GET", url, { as: DOKUWIKI1 })).status, 404);
    assert.equal((await request("GET", url, { as: NODE1 })).status, 404);
  });
  await t.step("another user's failures are counted for themselves", async () => {
    assert.equal((await request("GET", url, { as: { ...DOKUWIKI2, secret: "wrong" } })).status, 401);
  });
  await t.step("each is in the log", async () => {
    const lines = (await gateway.logs()).split("\n").filter((line) => line.startsWith("{")).map((line) =>
      JSON.parse(line)
    );
    const failures = lines.filter(({ identity, status }) => identity === DOKUWIKI1.name && status === 401);
    assert.equal(failures.length, 30);
    assert(lines.some(({ reason, status }) => reason === "too-many-attempts" && status === 429));
  });
});
