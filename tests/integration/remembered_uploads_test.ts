// A yes to an upload below data/ is remembered for the length of a connection (docs/decisions/0010): for uploads of data to the
// same repository and for nothing else, and not for longer than what it was based on.
import assert from "node:assert/strict";
import {
  aclLine,
  basic,
  DOKUWIKI1,
  DOKUWIKI2,
  fillCluster,
  MAIL1,
  NODE1,
  repositoryUrl,
  sha256,
  type TestIdentity,
} from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startGateway } from "./harness/gateway.ts";
import { KeptConnection } from "./harness/kept_connection.ts";
import { startRedis } from "./harness/redis.ts";
import { headers, questions, repository } from "./harness/remembered.ts";
import { request, REST } from "./harness/request.ts";

let made = 0;
/** Something that is not stored yet, with its name. */
function fresh(): { name: string; body: string } {
  const body = `object ${made++}`;
  return { name: sha256(body), body };
}

Deno.test("a_yes_to_uploads_of_data_is_remembered_and_ends_with_what_it_was_based_on", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using _gateway = await startGateway();
  for (const module of [DOKUWIKI1, DOKUWIKI2, MAIL1]) {
    await request("POST", `${repositoryUrl(module)}/?create=true`, { as: module, rest: false });
  }
  using connection = await KeptConnection.open();
  const own = headers(DOKUWIKI1);
  const upload = async (as = DOKUWIKI1, to = DOKUWIKI1, type = "data", on = connection): Promise<number> => {
    const { name, body } = fresh();
    return (await on.ask("POST", `${repository(to)}/${type}/${name}`, headers(as), body)).status;
  };
  /** How many questions it costs. */
  const cost = async (work: () => Promise<void>): Promise<number> => {
    const before = await questions();
    await work();
    return await questions() - before;
  };
  const times = async (count: number, status: number, as?: TestIdentity, type?: string): Promise<void> => {
    for (let index = 0; index < count; index++) assert.equal(await upload(as, DOKUWIKI1, type), status);
  };

  await t.step("300 on a connection are a few questions, of a module and of a node", async () => {
    assert(await cost(() => times(300, 200)) < 60);
    assert(await cost(() => times(300, 200, NODE1)) < 60);
  });
  await t.step("what is stored by a remembered yes is what was sent, and is not overwritten", async () => {
    const { name, body } = fresh();
    const target = `${repository(DOKUWIKI1)}/data/${name}`;
    assert.equal((await connection.ask("POST", target, own, body)).status, 200);
    assert.deepEqual(await connection.ask("GET", target, own), { status: 200, text: body });
    assert.equal((await connection.ask("POST", target, own, body)).status, 200);
    assert.equal((await connection.ask("POST", target, own, `${body} and more`)).status, 403);
    assert.deepEqual(await connection.ask("GET", target, own), { status: 200, text: body });
  });
  for (const type of ["index", "snapshots", "keys", "locks"]) {
    await t.step(`${type}: each is asked for`, async () => {
      await times(1, 200);
      const asked = await cost(() => times(20, 200, DOKUWIKI1, type));
      assert(asked >= 20, `${asked} questions`);
    });
  }
  await t.step("a yes to reads is none to uploads, and the other way round", async () => {
    const { name, body } = fresh();
    const target = `${repository(DOKUWIKI1)}/data/${name}`;
    await connection.ask("POST", target, own, body);
    const asked = await cost(async () => {
      for (let index = 0; index < 20; index++) {
        assert.equal((await connection.ask("GET", target, own)).status, 200);
        await times(1, 200);
      }
    });
    assert(asked >= 40, `${asked} questions`);
  });
  await t.step(
    "what was given to two words for what is accepted is not remembered for one of them",
    async () => {
      for (let time = 0; time < 5; time++) {
        const { name, body } = fresh();
        const target = `${repository(DOKUWIKI1)}/data/${name}`;
        const two = [...own, "Accept: text/x"];
        assert.equal((await connection.ask("POST", target, two, body)).status, 200);
        assert.equal((await connection.ask("GET", target, two)).status, 200);
        const one = [own[0] ?? "", "Accept: text/x"];
        assert.equal(
          (await connection.ask("GET", target, one)).status,
          403,
          "as WebDAV there is no such path",
        );
      }
    },
  );
  const wrong = `Authorization: ${basic({ ...DOKUWIKI1, secret: "wrong" })}`;
  const cases: Record<string, (name: string) => [number, string, string, string[]]> = {
    "to another's repository": (name) => [403, "POST", `${repository(DOKUWIKI2)}/data/${name}`, own],
    "to one of another app type": (name) => [403, "POST", `${repository(MAIL1)}/data/${name}`, own],
    "with a wrong secret": (name) => [401, "POST", `${repository(DOKUWIKI1)}/data/${name}`, [
      wrong,
      `Accept: ${REST}`,
    ]],
    "with another module's credentials": (name) => [
      403,
      "POST",
      `${repository(DOKUWIKI1)}/data/${name}`,
      headers(DOKUWIKI2),
    ],
    "as WebDAV": (name) => [403, "PUT", `${repository(DOKUWIKI1)}/data/${name}`, [own[0] ?? ""]],
    "a PUT": (name) => [403, "PUT", `${repository(DOKUWIKI1)}/data/${name}`, own],
    "a DELETE": (name) => [403, "DELETE", `${repository(DOKUWIKI1)}/data/${name}`, own],
    "with a query": (name) => [403, "POST", `${repository(DOKUWIKI1)}/data/${name}?create=true`, own],
    "with a Destination": (name) => [403, "POST", `${repository(DOKUWIKI1)}/data/${name}`, [
      ...own,
      "Destination: /x",
    ]],
    "to a name that restic does not write": () => [403, "POST", `${repository(DOKUWIKI1)}/data/name`, own],
    "to an unknown type": (name) => [403, "POST", `${repository(DOKUWIKI1)}/other/${name}`, own],
  };
  for (const [name, make] of Object.entries(cases)) {
    await t.step(`${name}: refused, and the next upload is allowed as before`, async () => {
      await times(1, 200);
      const object = fresh();
      const [status, method, target, lines] = make(object.name);
      assert.equal((await connection.ask(method, target, lines, object.body)).status, status);
      await times(1, 200);
    });
  }
  await t.step("revoked, the very next is refused within a second; given back, allowed", async () => {
    const { client } = redis;
    const changes: [status: number, revoke: () => Promise<unknown>, give: () => Promise<unknown>][] = [
      [
        401,
        () => client.sRem("cluster/acls", aclLine(DOKUWIKI1)),
        () => client.sAdd("cluster/acls", aclLine(DOKUWIKI1)),
      ],
      [
        403,
        () => client.hSet("cluster/module_uuid", "dokuwiki1", DOKUWIKI2.uuid),
        () => client.hSet("cluster/module_uuid", "dokuwiki1", DOKUWIKI1.uuid),
      ],
    ];
    for (let turn = 0; turn < 20; turn++) {
      const [status, revoke, give] = changes[turn % changes.length] ??
        [0, () => Promise.resolve(), () => Promise.resolve()];
      await eventually("an upload is allowed", async () => await upload() === 200);
      await revoke();
      const since = performance.now();
      for (let answer = await upload(); answer !== status; answer = await upload()) {
        assert(answer === 200 || answer === 503, `status ${answer}`);
        assert(performance.now() - since < 1000, "still allowed");
      }
      await give();
    }
  });
  await t.step("when a node begins to prune, the very next is told to come again", async () => {
    await eventually("an upload is allowed", async () => await upload() === 200);
    for (let turn = 0; turn < 4; turn++) {
      using node = await KeptConnection.open();
      const [kept, lock] = [fresh(), fresh()];
      const root = repository(DOKUWIKI1);
      assert.equal(
        (await node.ask("POST", `${root}/data/${kept.name}`, headers(NODE1), kept.body)).status,
        200,
      );
      assert.equal(
        (await node.ask("POST", `${root}/locks/${lock.name}`, headers(NODE1), lock.body)).status,
        200,
      );
      await times(3, 200);
      const removed = await node.ask("DELETE", `${root}/data/${kept.name}`, headers(NODE1));
      assert.equal(removed.status, 200);
      await times(1, 503);
      assert.equal(await upload(MAIL1, MAIL1), 200, "elsewhere it does not matter");
      assert.equal((await node.ask("DELETE", `${root}/locks/${lock.name}`, headers(NODE1))).status, 200);
      await times(1, 200);
    }
  });
});
