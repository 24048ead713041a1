// What hurt in the predecessor, each by its name: none of it is true of this gateway.
import assert from "node:assert/strict";
import {
  aclLine,
  DESTINATION,
  DOKUWIKI1,
  DOKUWIKI2,
  fillCluster,
  NODE1,
  repositoryUrl,
  sha256,
  type TestIdentity,
} from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { GATEWAY, HEALTH, startGateway } from "./harness/gateway.ts";
import { type Container, IMAGES, makeFolder, run } from "./harness/podman.ts";
import { startRedis, type TestRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { HAPROXY_FILES } from "../../gateway/render/bundle.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const SECOND = "5a1c2d3e-0000-4000-8000-000000000002";

const config = (of: TestIdentity, destination = DESTINATION): string =>
  `${repositoryUrl(of, destination)}/config`;

/** A gateway with the victims' repositories, each with a config that says whose it is. */
async function world(
  args: readonly string[] = [],
): Promise<AsyncDisposable & { redis: TestRedis; gateway: Container }> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  await fillCluster(redis.client);
  const gateway = stack.use(await startGateway({ args }));
  for (const as of [DOKUWIKI1, DOKUWIKI2]) await store(as, DESTINATION);
  const all = stack.move();
  return { redis, gateway, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function store(as: TestIdentity, destination: string): Promise<void> {
  const created = await request("POST", `${repositoryUrl(as, destination)}/?create=true`, {
    as,
    rest: false,
  });
  assert.equal(created.status, 200, created.text);
  const stored = await request("POST", config(as, destination), { as, body: `${as.name} on ${destination}` });
  assert.equal(stored.status, 200, stored.text);
}

async function read(of: TestIdentity, as: TestIdentity, destination = DESTINATION): Promise<number | string> {
  const { status, text } = await request("GET", config(of, destination), { as });
  return status === 200 ? text : status;
}

/** A destination that needs no disk: what is stored there lives as long as its rclone. */
async function addDestination(redis: TestRedis, id: string, section = "type = memory\n"): Promise<void> {
  await redis.client.hSet(`cluster/backup_repository/${id}`, {
    name: id,
    provider: "rclone",
    url: "rclone:",
    basepath: "base",
  });
  await redis.client.hSet("private/nodes/backup_destination/rclone_conf", id, `[${id}]\n${section}`);
}

const announce = (redis: TestRedis): Promise<number> =>
  redis.client.publish("cluster/event/backup-destination-changed", JSON.stringify({ destination_ids: [] }));

const reloads = async (gateway: Container): Promise<number> =>
  (await gateway.logs()).split("HAProxy reloaded").length - 1;

type Status = { configuration?: string; destinations: { id: string; state: string; because?: string }[] };
const status = async (): Promise<Status> => await (await fetch(`${HEALTH}/status`)).json();

Deno.test("a_failed_replacement_loads_nothing", async (t) => {
  const check = async (bundle: string | undefined): Promise<number> => {
    const ended = await run("podman", [
      "run",
      "--rm",
      "--network=none",
      ...(bundle === undefined ? [] : [`--volume=${bundle}:/bundle:ro`, "--env=GATEWAY_BUNDLE=/bundle"]),
      "--env=BIND_ADDRESS=127.0.0.1",
      "--env=PORT=4694",
      "--entrypoint=haproxy",
      IMAGES.gateway,
      "-c",
      "-f",
      "/opt/rclone-gateway/gateway/haproxy/base.cfg",
      ...(bundle === undefined ? [] : ["-f", "/bundle/backends.cfg"]),
    ]);
    return ended.code;
  };
  using folder = makeFolder();
  const files = HAPROXY_FILES;
  for (const file of files) await Deno.writeTextFile(`${folder.path}/${file}`, "");
  await t.step("whole, HAProxy accepts it", async () => assert.equal(await check(folder.path), 0));
  for (const file of files) {
    await t.step(`without ${file} HAProxy refuses it`, async () => {
      await Deno.remove(`${folder.path}/${file}`);
      assert.notEqual(await check(folder.path), 0);
      await Deno.writeTextFile(`${folder.path}/${file}`, "");
    });
  }
  await t.step(
    "without any of it HAProxy refuses it",
    async () => assert.notEqual(await check(undefined), 0),
  );
});

Deno.test("ids_are_not_cut", async (t) => {
  // Each pair agrees in all but its last character.
  const twin: TestIdentity = {
    name: "module/dokuwiki3",
    secret: "secret-of-dokuwiki3",
    uuid: `${DOKUWIKI1.uuid.slice(0, -1)}9`,
  };
  await using here = await world();
  const { redis } = here;
  await redis.client.sAdd("cluster/acls", aclLine(twin));
  await redis.client.hSet("cluster/module_uuid", "dokuwiki3", twin.uuid);
  await addDestination(redis, SECOND);
  await announce(redis);
  await eventually(
    "the second destination is served",
    async () => (await read(DOKUWIKI1, DOKUWIKI1, SECOND)) === 404,
  );
  await store(DOKUWIKI1, SECOND);
  await store(twin, DESTINATION);
  await t.step("two destinations stay two", async () => {
    assert.equal(await read(DOKUWIKI1, DOKUWIKI1), `module/dokuwiki1 on ${DESTINATION}`);
    assert.equal(await read(DOKUWIKI1, DOKUWIKI1, SECOND), `module/dokuwiki1 on ${SECOND}`);
    assert.equal(await read(DOKUWIKI1, DOKUWIKI1, `${DESTINATION.slice(0, -1)}3`), 403);
  });
  await t.step("two modules stay two", async () => {
    assert.equal(await read(twin, twin), `module/dokuwiki3 on ${DESTINATION}`);
    assert.equal(await read(DOKUWIKI1, twin), 403);
    assert.equal(await read(twin, DOKUWIKI1), 403);
  });
  await t.step("a shortened id is none", async () => {
    for (
      const [id, short] of [[DESTINATION, DESTINATION.slice(0, 8)], [
        DOKUWIKI1.uuid,
        DOKUWIKI1.uuid.slice(0, 8),
      ]]
    ) {
      const url = config(DOKUWIKI1).replace(id ?? "", short ?? "");
      assert.equal((await request("GET", url, { as: DOKUWIKI1 })).status, 403, url);
    }
  });
});

Deno.test("a_failed_redis_read_does_not_render_empty_routes", async (t) => {
  await using here = await world();
  const { redis, gateway } = here;
  const before = await reloads(gateway);
  const unreadable = async (key: string, check: () => Promise<void>): Promise<void> => {
    await redis.client.rename(key, "kept");
    await redis.client.lPush(key, "of the wrong type");
    try {
      await announce(redis);
      await check();
    } finally {
      await redis.client.del(key);
      await redis.client.rename("kept", key);
      await announce(redis);
      await eventually("it is read again", async () => (await status()).configuration === undefined);
    }
  };
  for (const key of ["private/nodes/backup_destination/rclone_conf", "cluster/network"]) {
    await t.step(`${key} cannot be read`, async () => {
      await unreadable(key, async () => {
        await eventually(
          "the failure is told",
          async () => /Cannot compare with Redis/.test((await status()).configuration ?? ""),
        );
        assert.equal(await read(DOKUWIKI1, DOKUWIKI1), `module/dokuwiki1 on ${DESTINATION}`);
      });
    });
  }
  await t.step("nothing was reloaded", async () => assert.equal(await reloads(gateway), before));
  await t.step(
    "what one destination needs cannot be read: try again, and not that it is unknown",
    async () => {
      await unreadable(`cluster/backup_repository/${DESTINATION}`, async () => {
        await eventually("it is set aside", async () => (await read(DOKUWIKI1, DOKUWIKI1)) === 503);
      });
      await announce(redis);
      await eventually(
        "it is back",
        async () => (await read(DOKUWIKI1, DOKUWIKI1)) === `module/dokuwiki1 on ${DESTINATION}`,
      );
    },
  );
  await t.step("the control: a destination that is removed is gone", async () => {
    await redis.client.hDel("private/nodes/backup_destination/rclone_conf", DESTINATION);
    await redis.client.del(`cluster/backup_repository/${DESTINATION}`);
    await announce(redis);
    await eventually("its routes are gone", async () => (await read(DOKUWIKI1, DOKUWIKI1)) === 403);
  });
});

Deno.test("haproxy_says_no_before_the_reload", async (t) => {
  // The image's own base.cfg, from outside, so that it can be broken while the gateway runs.
  using folder = makeFolder();
  const inside = "/opt/rclone-gateway/gateway/haproxy/base.cfg";
  const { stdout: good } = await run("podman", [
    "run",
    "--rm",
    "--network=none",
    "--entrypoint=cat",
    IMAGES.gateway,
    inside,
  ]);
  await Deno.writeTextFile(`${folder.path}/base.cfg`, good);
  Deno.chmodSync(`${folder.path}/base.cfg`, 0o644);
  await using here = await world([`--volume=${folder.path}/base.cfg:${inside}:ro`]);
  const { redis, gateway } = here;
  const before = await reloads(gateway);
  const workers = async (): Promise<number[]> =>
    (await gateway.processes()).filter(({ command }) => command.startsWith("haproxy ")).map(({ pid }) => pid);
  const running = await workers();
  await t.step("a candidate that HAProxy refuses is not loaded, and /status says so", async () => {
    await Deno.writeTextFile(`${folder.path}/base.cfg`, `${good}\n    utter-nonsense\n`);
    await addDestination(redis, SECOND);
    await announce(redis);
    const { configuration } = await eventually("the refusal is told", async () => {
      const now = await status();
      return now.configuration !== undefined && now;
    });
    assert.match(configuration ?? "", /HAProxy refuses it/);
    const readiness = await fetch(`${HEALTH}/readyz`);
    assert.deepEqual([readiness.status, /HAProxy refuses it/.test(await readiness.text())], [503, true]);
    assert.match(await gateway.logs(), /What ran before goes on/);
  });
  await t.step("HAProxy's own words are in /status", async () => {
    assert.match((await status()).configuration ?? "", /utter-nonsense/);
  });
  await t.step("what ran before goes on", async () => {
    assert.equal(await reloads(gateway), before);
    assert.deepEqual(await workers(), running);
    assert.equal(await read(DOKUWIKI1, DOKUWIKI1), `module/dokuwiki1 on ${DESTINATION}`);
    assert.equal(await read(DOKUWIKI1, DOKUWIKI1, SECOND), 403);
  });
  await t.step("mended, it is loaded, and /status has nothing against it", async () => {
    await Deno.writeTextFile(`${folder.path}/base.cfg`, good);
    await announce(redis);
    await eventually(
      "the second destination is served",
      async () => (await read(DOKUWIKI1, DOKUWIKI1, SECOND)) === 404,
    );
    assert.equal((await status()).configuration, undefined);
  });
});

Deno.test("a_broken_destination_is_not_dropped_and_takes_no_other_with_it", async (t) => {
  await using here = await world();
  const { redis } = here;
  await addDestination(redis, SECOND, "type = no-such-thing\n");
  await announce(redis);
  await t.step("its requests are told why, and to try again", async () => {
    const answer = await eventually("it is known", async () => {
      const answer = await request("GET", config(DOKUWIKI1, SECOND), { as: DOKUWIKI1 });
      return answer.status !== 403 && answer;
    });
    assert.equal(answer.status, 503, answer.text);
    assert.match(answer.text, new RegExp(`^destination ${SECOND}: `));
    assert.match(answer.headers.get("retry-after") ?? "", /^[0-9]+$/);
  });
  await t.step("it is still listed, with the reason", async () => {
    const listed = (await status()).destinations.find(({ id }) => id === SECOND);
    assert(listed !== undefined);
    assert.match(listed.state, /^(failing|not-served)$/);
    assert.notEqual(listed.because ?? "", "");
    const found = await request("PROPFIND", `${GATEWAY}/`, {
      as: DOKUWIKI1,
      rest: false,
      headers: { depth: "1" },
    });
    assert.match(found.text, new RegExp(SECOND));
  });
  await t.step("the other one is served", async () => {
    assert.equal(await read(DOKUWIKI1, DOKUWIKI1), `module/dokuwiki1 on ${DESTINATION}`);
  });
});

Deno.test("a_module_may_hold_its_own_repository_and_a_grant_at_once", async () => {
  await using here = await world();
  const { client } = here.redis;
  await client.hSet("private/nodes/restore_uuid", DOKUWIKI2.uuid, DOKUWIKI1.uuid);
  assert.equal(await read(DOKUWIKI1, DOKUWIKI2), `module/dokuwiki1 on ${DESTINATION}`);
  assert.equal(await read(DOKUWIKI2, DOKUWIKI2), `module/dokuwiki2 on ${DESTINATION}`);
  const own = `${repositoryUrl(DOKUWIKI2)}/data/${"c4".repeat(32)}`;
  assert.equal((await request("POST", own, { as: DOKUWIKI2, body: "x" })).status, 200);
  // The owner keeps what it has, and gains nothing.
  assert.equal(await read(DOKUWIKI1, DOKUWIKI1), `module/dokuwiki1 on ${DESTINATION}`);
  assert.equal(await read(DOKUWIKI2, DOKUWIKI1), 403);
});

Deno.test("a_grant_is_revoked_live_and_never_gives_write_access", async (t) => {
  await using here = await world();
  const { client } = here.redis;
  const source = repositoryUrl(DOKUWIKI1);
  await client.hSet("private/nodes/restore_uuid", DOKUWIKI2.uuid, DOKUWIKI1.uuid);
  assert.equal(await read(DOKUWIKI1, DOKUWIKI2), `module/dokuwiki1 on ${DESTINATION}`);
  await t.step("nothing but locks is written with it", async () => {
    const name = "d5".repeat(32);
    const writes: [method: string, path: string, rest: boolean][] = [
      ["POST", "/config", true],
      ...["data", "keys", "index", "snapshots"].flatMap((type): [string, string, boolean][] => [
        ["POST", `/${type}/${name}`, true],
        ["DELETE", `/${type}/${name}`, true],
      ]),
      ["POST", "/?create=true", false],
      ["DELETE", "/config", true],
      ["DELETE", "/", true],
      ...["PUT", "DELETE", "MKCOL", "LOCK", "PROPPATCH"].map((
        method,
      ): [string, string, boolean] => [method, "/config", false]),
    ];
    for (const [method, path, rest] of writes) {
      const answer = await request(method, source + path, {
        as: DOKUWIKI2,
        rest,
        ...(method === "POST" || method === "PUT" ? { body: "evil" } : {}),
      });
      assert.equal(answer.status, 403, `${method} ${path}`);
    }
    assert.equal(await read(DOKUWIKI1, DOKUWIKI1), `module/dokuwiki1 on ${DESTINATION}`);
  });
  await t.step("revoked, the very next request is refused", async () => {
    await client.hDel("private/nodes/restore_uuid", DOKUWIKI2.uuid);
    assert.equal(await read(DOKUWIKI1, DOKUWIKI2), 403);
  });
  await t.step("given to another source, the former one is closed", async () => {
    await client.hSet("private/nodes/restore_uuid", DOKUWIKI2.uuid, DOKUWIKI1.uuid);
    assert.equal(await read(DOKUWIKI1, DOKUWIKI2), `module/dokuwiki1 on ${DESTINATION}`);
    await client.hSet("private/nodes/restore_uuid", DOKUWIKI2.uuid, "d0000007-0000-4000-8000-000000000007");
    assert.equal(await read(DOKUWIKI1, DOKUWIKI2), 403);
  });
});

Deno.test("no_probe_path_answers_without_credentials", async () => {
  await using here = await world();
  assert(here.gateway.name !== "");
  const paths = [
    "/",
    "/healthz",
    "/health",
    "/readyz",
    "/livez",
    "/metrics",
    "/status",
    "/ping",
    "/probe",
    "/haproxy",
    "/stats",
    "/favicon.ico",
    "/robots.txt",
    "/.well-known/x",
  ];
  const base = repositoryUrl(DOKUWIKI1).slice(GATEWAY.length);
  for (
    const suffix of [
      "",
      "/",
      "/config",
      "/probe",
      "/.probe",
      "/health",
      "/healthz",
      "/ping",
      "/config/probe",
      "/config?probe",
      "/?create=true",
    ]
  ) {
    paths.push(base + suffix);
  }
  for (const method of ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PROPFIND", "MKCOL"]) {
    for (const path of paths) {
      for (const rest of [true, false]) {
        const { status } = await request(method, GATEWAY + path, {
          rest,
          ...(method === "POST" || method === "PUT" ? { body: "x" } : {}),
        });
        assert.equal(status, 401, `${method} ${path}`);
      }
    }
  }
  assert.equal(await read(DOKUWIKI1, DOKUWIKI1), `module/dokuwiki1 on ${DESTINATION}`);
});

Deno.test("append_only_refuses_overwriting_and_not_only_delete", async (t) => {
  await using _here = await world();
  const repository = repositoryUrl(DOKUWIKI1);
  const objects = [
    "config",
    ...["keys", "data", "index", "snapshots", "locks"].map((type) => `${type}/${sha256("first")}`),
  ];
  for (const object of objects.slice(1)) {
    assert.equal(
      (await request("POST", `${repository}/${object}`, { as: DOKUWIKI1, body: "first" })).status,
      200,
    );
  }
  for (const object of objects) {
    const url = `${repository}/${object}`;
    const { text } = await request("GET", url, { as: DOKUWIKI1 });
    for (const as of [DOKUWIKI1, NODE1]) {
      await t.step(`${as.name} does not overwrite ${object.split("/")[0]}`, async () => {
        assert.equal((await request("POST", url, { as, body: "something else" })).status, 403);
        assert.equal((await request("GET", url, { as: DOKUWIKI1 })).text, text);
      });
    }
    if (object.startsWith("locks/")) continue;
    await t.step(`the module does not delete ${object.split("/")[0]}`, async () => {
      assert.equal((await request("DELETE", url, { as: DOKUWIKI1 })).status, 403);
      assert.equal((await request("GET", url, { as: DOKUWIKI1 })).text, text);
    });
  }
});

Deno.test("a_changed_grant_restarts_nothing", async () => {
  await using here = await world();
  const { redis: { client }, gateway } = here;
  const processes = async (): Promise<string[]> =>
    (await gateway.processes()).map(({ pid, command }) => `${pid} ${command}`).sort();
  const [before, reloadsBefore] = [await processes(), await reloads(gateway)];
  assert(
    before.some((process) => /haproxy/.test(process)) && before.some((process) => /rclone rcd/.test(process)),
  );
  for (let round = 0; round < 20; round++) {
    await client.hSet("private/nodes/restore_uuid", DOKUWIKI2.uuid, DOKUWIKI1.uuid);
    await client.publish("cluster/event/acl-changed", "{}");
    assert.equal(await read(DOKUWIKI1, DOKUWIKI2), `module/dokuwiki1 on ${DESTINATION}`);
    await client.hDel("private/nodes/restore_uuid", DOKUWIKI2.uuid);
    await announce(here.redis);
    assert.equal(await read(DOKUWIKI1, DOKUWIKI2), 403);
  }
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.deepEqual(await processes(), before);
  assert.equal(await reloads(gateway), reloadsBefore);
});

Deno.test("one_app_type_rule", async (t) => {
  await t.step("digits are taken off a module's id in one place of the sources", async () => {
    const places: string[] = [];
    const look = async (folder: string): Promise<void> => {
      for await (const entry of Deno.readDir(ROOT + folder)) {
        const path = `${folder}/${entry.name}`;
        if (entry.isDirectory) await look(path);
        else if (
          /\.(ts|lua|cfg|sh)$/.test(path) && /\[0-9\]\+\$|\\d\+\$/.test(await Deno.readTextFile(ROOT + path))
        ) {
          const text = await Deno.readTextFile(ROOT + path);
          if (/(replace|sub|split|match|exec)\([^\n]*(\[0-9\]\+\$|\\d\+\$)/.test(text)) places.push(path);
        }
      }
    };
    for (const folder of ["gateway", "authz", "scripts"]) await look(folder);
    assert.deepEqual(places, ["gateway/domain/app_type.ts"]);
  });
  await using here = await world();
  const { client } = here.redis;
  // module id, its app type, what it is not
  const cases: [id: string, appType: string, not: string[]][] = [
    ["n8n1", "n8n", ["n", "n8n1"]],
    ["wiki-12", "wiki-", ["wiki", "wiki-1", "wiki-12"]],
    ["a2b10", "a2b", ["a", "a2b1", "a2b10"]],
    ["nextcloud100", "nextcloud", ["nextcloud1", "nextcloud10", "nextcloud100"]],
  ];
  for (const [index, [id, appType, not]] of cases.entries()) {
    await t.step(`${id} is of type ${appType}`, async () => {
      const as = {
        name: `module/${id}`,
        secret: `secret-of-${id}`,
        uuid: `f000000${index}-0000-4000-8000-000000000001`,
      };
      await client.sAdd("cluster/acls", aclLine(as));
      await client.hSet("cluster/module_uuid", id, as.uuid);
      const ask = async (type: string): Promise<number> =>
        (await request("GET", `${GATEWAY}/${DESTINATION}/${type}/${as.uuid}/config`, { as })).status;
      assert.equal(await ask(appType), 404);
      for (const other of not) assert.equal(await ask(other), 403, other);
    });
  }
});
