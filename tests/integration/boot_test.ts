import assert from "node:assert/strict";
import { DOKUWIKI1, fillCluster, repositoryUrl } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { environmentFile, HARDENED, HEALTH, SETTINGS, startGateway } from "./harness/gateway.ts";
import { IMAGES, makeFolder, makeVolume, podman, run } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { resticOk } from "./harness/restic.ts";

async function runOnce(settings: Readonly<Record<string, string>>): ReturnType<typeof run> {
  using file = environmentFile(settings);
  return await run("podman", ["run", "--rm", "--network=host", "--env-file", file.path, IMAGES.gateway], {
    timeoutMs: 30_000,
  });
}

Deno.test("wrong_settings_end_with_2_and_one_message_that_names_them_all", async (t) => {
  await t.step("nothing set", async () => {
    const ended = await runOnce({});
    assert.equal(ended.code, 2);
    for (const name of ["NODE_ID", "REDIS_USER", "REDIS_PASSWORD"]) {
      assert.match(ended.stderr, new RegExp(`- ${name} `));
    }
  });
  await t.step("all wrong at once", async () => {
    const ended = await runOnce({
      NODE_ID: "zero",
      REDIS_ADDRESS: "nowhere",
      REDIS_USER: "node/1",
      REDIS_PASSWORD: "do-not-print-me",
      PORT: "99999",
      HEALTH_ADDRESS: ":",
      CLUSTER_NETWORK: "10.5.4.0/99",
      TLS_CERT: "cert.pem",
      STOP_GRACE: "long",
    });
    assert.equal(ended.code, 2);
    for (
      const name of [
        "NODE_ID",
        "REDIS_ADDRESS",
        "PORT",
        "HEALTH_ADDRESS",
        "CLUSTER_NETWORK",
        "TLS_CERT",
        "STOP_GRACE",
      ]
    ) {
      assert.match(ended.stderr, new RegExp(`- ${name} `));
    }
    assert.doesNotMatch(ended.stdout + ended.stderr, /do-not-print-me|haproxy|rclone rcd/i);
  });
  await t.step("an unknown command prints how to use the image", async () => {
    const ended = await run("podman", ["run", "--rm", "--network=host", IMAGES.gateway, "nonsense"]);
    assert.equal(ended.code, 2);
    assert.match(ended.stdout, /takeover/);
  });
});

Deno.test("redis_away_at_the_start_is_waited_for_and_told_once", async () => {
  await using gateway = await startGateway({ ready: false });
  const config = `${repositoryUrl(DOKUWIKI1)}/config`;
  const answer = await request("GET", config, { as: DOKUWIKI1 });
  assert.equal(answer.status, 503);
  assert.match(answer.headers.get("retry-after") ?? "", /^[0-9]+$/);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const log = await gateway.logs();
  assert.equal(log.split(/authz: Redis .* does not answer/).length - 1, 1, log);
  assert.equal(log.split(/controller: Redis .* is away/).length - 1, 1, log);

  await using redis = await startRedis();
  await fillCluster(redis.client);
  await redis.client.publish("cluster/event/backup-destination-changed", "{}");
  await eventually(
    "requests are answered",
    async () => (await request("GET", config, { as: DOKUWIKI1 })).status === 404,
    10_000,
  );
  assert.match(await gateway.logs(), /authz: Redis .* answers/);
});

Deno.test("the_environment_file_alone_starts_the_image", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  using file = environmentFile(SETTINGS);
  using tree = makeFolder();
  await Deno.writeTextFile(`${tree.path}/file`, "content");
  const name = await podman(
    "run",
    "--detach",
    "--network=host",
    "--label",
    `rclone-gateway-test=${Deno.env.get("RCLONE_GATEWAY_TEST_ID") ?? "by-hand"}`,
    "--env-file",
    file.path,
    IMAGES.gateway,
  );
  try {
    await eventually(
      "it is ready",
      async () => (await fetch(`${HEALTH}/readyz`).then((r) => r.text())) === "ok\n",
    );
    await resticOk(["init"], { as: DOKUWIKI1 });
    await resticOk(["backup", "/data"], { as: DOKUWIKI1, folders: { [tree.path]: "/data:ro" } });
    await resticOk(["check", "--read-data"], { as: DOKUWIKI1 });
  } finally {
    await run("podman", ["rm", "--ignore", "--force", "--time", "0", "--volumes", name]);
  }
});

Deno.test("a_root_owned_volume_is_told_at_the_start_and_taken_over_by_one_step", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using volume = await makeVolume("srv");
  const path = await volume.path();
  // Podman gives a volume that was never used to the first user of it.
  await podman(
    "run",
    "--rm",
    "--network=none",
    "--user",
    "0",
    "--volume",
    `${volume.name}:/srv/repo`,
    IMAGES.redis,
    "true",
  );
  // As NethServer 8's root-run service leaves it.
  await Deno.mkdir(`${path}/dokuwiki/${DOKUWIKI1.uuid}/data`, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(`${path}/dokuwiki/${DOKUWIKI1.uuid}/config`, "a config", { mode: 0o600 });
  await run("chown", ["-R", "0:0", path]);
  await Deno.chmod(path, 0o700);
  const mount = ["--volume", `${volume.name}:/srv/repo`];
  const config = `${repositoryUrl(DOKUWIKI1)}/config`;
  {
    await using gateway = await startGateway({ args: mount });
    assert.match(await gateway.logs(), /\/srv\/repo cannot be written[\s\S]*takeover/);
    assert.notEqual((await request("GET", config, { as: DOKUWIKI1 })).status, 200);
  }
  const first = await podman("run", "--rm", "--user", "0", ...mount, IMAGES.gateway, "takeover");
  assert.match(first, /done/);
  assert.equal(
    await podman("run", "--rm", "--user", "0", ...mount, IMAGES.gateway, "takeover"),
    "",
    "nothing left to do",
  );
  {
    await using _gateway = await startGateway({ args: mount });
    assert.equal((await request("GET", config, { as: DOKUWIKI1 })).text, "a config");
  }
});

Deno.test("it_stops_at_once_when_idle_and_in_order", async () => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using gateway = await startGateway();
  // A client with an idle keep-alive connection does not hold it up.
  await request("GET", `${repositoryUrl(DOKUWIKI1)}/config`, { as: DOKUWIKI1 });
  const began = performance.now();
  await podman("stop", "--time", "60", gateway.name);
  assert(performance.now() - began < 15_000, "an idle gateway took over 15 s to stop");
  assert.equal(await podman("inspect", "--format", "{{.State.ExitCode}}", gateway.name), "0");
  assert.match(await gateway.logs(), /all transfers are done/);
});

Deno.test("transfers_in_flight_finish_within_the_grace_period", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  const object = `${repositoryUrl(DOKUWIKI1)}/data/${"c3".repeat(32)}`;
  /** An upload of `chunks` × 64 KiB, one chunk each 100 ms. */
  const slowly = (chunks: number): ReadableStream<Uint8Array<ArrayBuffer>> => {
    let sent = 0;
    return new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (sent++ < chunks) controller.enqueue(new Uint8Array(65_536));
        else controller.close();
      },
    });
  };
  await t.step("one that ends in time is stored whole, and the gateway ends with it", async () => {
    await using volume = await makeVolume("srv");
    await using gateway = await startGateway({ args: ["--volume", `${volume.name}:/srv/repo`] });
    await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, { as: DOKUWIKI1, rest: false });
    const upload = request("POST", object, { as: DOKUWIKI1, body: slowly(50) });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const stop = podman("stop", "--time", "60", gateway.name);
    assert.equal((await upload).status, 200);
    await stop;
    const path = `${await volume.path()}/dokuwiki/${DOKUWIKI1.uuid}/data/c3/${"c3".repeat(32)}`;
    assert.equal((await Deno.stat(path)).size, 50 * 65_536);
  });
  await t.step("one that does not is cut, and leaves nothing", async () => {
    await using volume = await makeVolume("srv");
    await using gateway = await startGateway({
      args: ["--volume", `${volume.name}:/srv/repo`],
      settings: { STOP_GRACE: "2" },
    });
    await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, { as: DOKUWIKI1, rest: false });
    const upload = request("POST", object, { as: DOKUWIKI1, body: slowly(300) }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await podman("stop", "--time", "60", gateway.name);
    await upload;
    assert.match(await gateway.logs(), /cutting the transfers/);
    const path = `${await volume.path()}/dokuwiki/${DOKUWIKI1.uuid}/data/c3/${"c3".repeat(32)}`;
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  });
});

Deno.test("the_hardened_container_writes_only_where_it_may", async () => {
  await using gateway = await startGateway({ ready: false });
  const [first] = await gateway.processes();
  assert(first !== undefined);
  const status = await Deno.readTextFile(`/proc/${first.pid}/status`);
  assert.match(status, /^CapEff:\t0+$/m);
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.match(status, /^Uid:\t4694\t/m);
  const mounts = await Deno.readTextFile(`/proc/${first.pid}/mountinfo`);
  assert.match(mounts, / \/ \/ ro,/, "the root file system is read-only");
  assert.equal(HARDENED.length, 3);
});
