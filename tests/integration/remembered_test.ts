// slow
// A yes is remembered for the length of a connection (docs/decisions/0010): never for anything else than what it was given to,
// and never for longer than a second after it has ceased to be true.
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
import { announce, storeDestination } from "./harness/destinations.ts";
import { eventually } from "./harness/eventually.ts";
import { processOf, startGateway } from "./harness/gateway.ts";
import { KeptConnection } from "./harness/kept_connection.ts";
import { startRedis } from "./harness/redis.ts";
import { headers, questions, repository } from "./harness/remembered.ts";
import { request, REST } from "./harness/request.ts";

const NAME = sha256("an object");
const objectOf = (of: TestIdentity): string => `${repository(of)}/data/${NAME}`;

/** Each module's own object, with content that says whose it is. */
async function storeObjects(): Promise<void> {
  for (const module of [DOKUWIKI1, DOKUWIKI2, MAIL1]) {
    const root = repositoryUrl(module);
    await request("POST", `${root}/?create=true`, { as: module, rest: false });
    const stored = await request("POST", `${root}/data/${NAME}`, { as: module, body: `of ${module.name}` });
    assert.equal(stored.status, 200, stored.text);
  }
}

Deno.test("a_yes_is_remembered_for_reads_of_objects_of_one_repository_and_for_nothing_else", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using _gateway = await startGateway();
  await storeObjects();
  using connection = await KeptConnection.open();
  const own = headers(DOKUWIKI1);
  const read = async (): Promise<void> => {
    const answer = await connection.ask("GET", objectOf(DOKUWIKI1), own);
    assert.deepEqual(answer, { status: 200, text: "of module/dokuwiki1" });
  };

  await t.step("1,000 reads on a connection are a few questions", async () => {
    await read();
    const before = await questions();
    for (let index = 0; index < 1000; index++) await read();
    const asked = await questions() - before;
    assert(asked < 100, `${asked} questions`);
  });
  await t.step("one on each of many connections is a question each", async () => {
    const before = await questions();
    for (let index = 0; index < 50; index++) {
      using another = await KeptConnection.open();
      assert.equal((await another.ask("GET", objectOf(DOKUWIKI1), own)).status, 200);
    }
    assert.equal(await questions() - before, 50);
  });
  const authorization = own[0] ?? "";
  const wrong = `Authorization: ${basic({ ...DOKUWIKI1, secret: "wrong" })}`;
  const cases: Record<string, [status: number, method: string, target: string, headers: string[]]> = {
    "another's object": [403, "GET", objectOf(DOKUWIKI2), own],
    "one of another app type": [403, "GET", objectOf(MAIL1), own],
    "the same object with a wrong secret": [401, "GET", objectOf(DOKUWIKI1), [wrong, `Accept: ${REST}`]],
    "without credentials": [401, "GET", objectOf(DOKUWIKI1), [`Accept: ${REST}`]],
    "with empty credentials": [401, "GET", objectOf(DOKUWIKI1), ["Authorization:", `Accept: ${REST}`]],
    "with the beginning of the credentials": [401, "GET", objectOf(DOKUWIKI1), [
      authorization.slice(0, -3),
      `Accept: ${REST}`,
    ]],
    "with the right credentials and wrong ones": [401, "GET", objectOf(DOKUWIKI1), [...own, wrong]],
    "with wrong credentials and the right ones": [401, "GET", objectOf(DOKUWIKI1), [wrong, ...own]],
    "with another module's credentials": [403, "GET", objectOf(DOKUWIKI1), headers(DOKUWIKI2)],
    "with a Destination": [403, "GET", objectOf(DOKUWIKI1), [...own, "Destination: /x"]],
    "with a Depth that is none": [403, "GET", objectOf(DOKUWIKI1), [...own, "Depth: 7"]],
    "as WebDAV": [403, "GET", objectOf(DOKUWIKI1), [authorization, "Accept: */*"]],
    "with two words for what is accepted": [403, "GET", objectOf(DOKUWIKI1), [
      authorization,
      "Accept: */*",
      "Accept: text/x",
    ]],
    "with a query": [403, "GET", `${objectOf(DOKUWIKI1)}?x`, own],
    "with an empty query": [403, "GET", `${objectOf(DOKUWIKI1)}?`, own],
    "with the query that creates": [403, "GET", `${objectOf(DOKUWIKI1)}?create=true`, own],
    "with a whole URL": [403, "GET", `http://gateway${objectOf(DOKUWIKI1)}`, own],
    "with a dot segment to another's": [
      403,
      "GET",
      `${repository(DOKUWIKI1)}/data/../../${DOKUWIKI2.uuid}/data/${NAME}`,
      own,
    ],
    "with an encoded dot segment": [
      403,
      "GET",
      `${repository(DOKUWIKI1)}/data/%2e%2e/%2e%2e/${DOKUWIKI2.uuid}/data/${NAME}`,
      own,
    ],
    "with an empty segment": [403, "GET", `/${objectOf(DOKUWIKI1)}`, own],
    "of a name that restic does not write": [
      403,
      "GET",
      `${repository(DOKUWIKI1)}/data/${NAME.toUpperCase()}`,
      own,
    ],
    "of a longer name": [403, "GET", `${objectOf(DOKUWIKI1)}0`, own],
    "of something behind the object": [403, "GET", `${objectOf(DOKUWIKI1)}/x`, own],
    "of an unknown type": [403, "GET", `${repository(DOKUWIKI1)}/other/${NAME}`, own],
    "a delete": [403, "DELETE", objectOf(DOKUWIKI1), [...own, "Content-Length: 0"]],
    "a method that is none": [403, "get", objectOf(DOKUWIKI1), own],
  };
  for (const [name, [status, method, target, lines]] of Object.entries(cases)) {
    await t.step(`${name}: ${status}, and the next read is allowed as before`, async () => {
      await read();
      const answer = await connection.ask(method, target, lines);
      assert.equal(answer.status, status, answer.text);
      assert.doesNotMatch(answer.text, /^of module/);
      await read();
    });
  }
});

Deno.test("a_remembered_yes_ends_within_a_second_whatever_happens", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using gateway = await startGateway();
  await storeObjects();
  const { client } = redis;
  const own = objectOf(DOKUWIKI1);
  const becomes = async (connection: KeptConnection, status: number, as = DOKUWIKI1): Promise<void> => {
    await eventually(
      `status ${status}`,
      async () => (await connection.ask("GET", own, headers(as))).status === status,
      20_000,
    );
  };
  /** Asks on and on from the change in Redis to the first answer of this status; milliseconds that took. */
  const untilRefused = async (
    connection: KeptConnection,
    since: number,
    refusal: number,
  ): Promise<number> => {
    for (;;) {
      const { status } = await connection.ask("GET", own, headers(DOKUWIKI1));
      const took = performance.now() - since;
      if (status === refusal) return took;
      assert([200, 503].includes(status), `status ${status}`);
      assert(took < 1000 || status === 503, `still allowed ${took} ms after it was revoked`);
      assert(took < 20_000, "neither refused nor allowed");
    }
  };
  const off = aclLine(DOKUWIKI1).replace(" on ", " off ");
  /** What takes the yes away, what it is refused with then, and what gives it back. */
  const revocations: {
    what: string;
    times: number;
    status: number;
    revoke: () => Promise<unknown>;
    give: () => Promise<unknown>;
  }[] = [
    {
      what: "the user is disabled",
      // Each refusal is a failed login to the sidecar, and 30 of them in five minutes are too many.
      times: 12,
      status: 401,
      revoke: () => client.multi().sRem("cluster/acls", aclLine(DOKUWIKI1)).sAdd("cluster/acls", off).exec(),
      give: () => client.multi().sRem("cluster/acls", off).sAdd("cluster/acls", aclLine(DOKUWIKI1)).exec(),
    },
    {
      what: "the module gets another uuid",
      times: 300,
      status: 403,
      revoke: () => client.hSet("cluster/module_uuid", "dokuwiki1", MAIL1.uuid),
      give: () => client.hSet("cluster/module_uuid", "dokuwiki1", DOKUWIKI1.uuid),
    },
  ];

  for (const { what, times, status, revoke, give } of revocations) {
    await t.step(`${times} times ${what}, under load`, async () => {
      let loading = true;
      const load = Array.from({ length: 4 }, async () => {
        using connection = await KeptConnection.open();
        while (loading) assert.equal((await connection.ask("GET", own, headers(NODE1))).status, 200);
      });
      using connection = await KeptConnection.open();
      const took: number[] = [];
      try {
        for (let index = 0; index < times; index++) {
          await becomes(connection, 200);
          await revoke();
          took.push(await untilRefused(connection, performance.now(), status));
          await give();
        }
      } finally {
        loading = false;
        await Promise.all(load);
      }
      took.sort((a, b) => a - b);
      const at = (share: number): string => `${(took[Math.floor(share * took.length)] ?? NaN).toFixed(1)} ms`;
      console.log(`refused after: median ${at(0.5)}, 99th percentile ${at(0.99)}, longest ${at(0.999)}`);
    });
  }
  const reloads = async (): Promise<number> => (await gateway.logs()).split("HAProxy reloaded").length - 1;
  const sidecar = (): Promise<number> => processOf(gateway, /^deno .*authz\/main\.js$/);
  const server = async (): Promise<number> => (await redis.container.processes())[0]?.pid ?? NaN;
  const faults: Record<string, () => Promise<() => Promise<void>>> = {
    "the sidecar is killed": async () => {
      Deno.kill(await sidecar(), "SIGKILL");
      return () => Promise.resolve();
    },
    "the sidecar hangs": async () => {
      const pid = await sidecar();
      Deno.kill(pid, "SIGSTOP");
      return () => Promise.resolve(Deno.kill(pid, "SIGCONT"));
    },
    "Redis cuts every connection": async () => {
      await client.sendCommand(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
      return () => Promise.resolve();
    },
  };
  for (const [fault, happen] of Object.entries(faults)) {
    for (const { what, status, revoke, give } of revocations) {
      await t.step(`${what} while ${fault}`, async () => {
        using connection = await KeptConnection.open();
        await becomes(connection, 200);
        const mend = await happen();
        try {
          await revoke();
          const since = performance.now();
          if (fault === "the sidecar hangs") {
            // Nobody is there to refuse: what counts is that nobody is let in any more.
            const last = await untilRefused(connection, since, 503);
            assert.equal(
              (await connection.ask("GET", own, headers(DOKUWIKI1))).status,
              503,
              `after ${last} ms`,
            );
          } else await untilRefused(connection, since, status);
        } finally {
          await mend();
          await give();
        }
        await becomes(connection, 200);
      });
    }
  }
  await t.step("after a reload the new worker hears of changes, too", async () => {
    const before = await reloads();
    const id = "5a1c2d3e-0000-4000-8000-000000000002";
    const section = `[${id}]\ntype = webdav\nurl = http://127.0.0.1:9/\n`;
    await storeDestination(client, { id, name: "another", section, basepath: "" });
    await announce(client, id);
    await eventually("it is reloaded", async () => await reloads() > before);
    for (const { status, revoke, give } of revocations) {
      using connection = await KeptConnection.open();
      await becomes(connection, 200);
      await eventually("it remembers", async () => {
        const asked = await questions();
        for (let index = 0; index < 100; index++) await becomes(connection, 200);
        return await questions() - asked < 50;
      });
      await revoke();
      await untilRefused(connection, performance.now(), status);
      await give();
    }
  });
  await t.step("while Redis hangs, nobody is let in a second later", async () => {
    using connection = await KeptConnection.open();
    await becomes(connection, 200);
    const pid = await server();
    Deno.kill(pid, "SIGSTOP");
    const since = performance.now();
    try {
      await untilRefused(connection, since, 503);
      for (let index = 0; index < 20; index++) {
        assert.equal((await connection.ask("GET", own, headers(DOKUWIKI1))).status, 503);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    } finally {
      Deno.kill(pid, "SIGCONT");
    }
    await becomes(connection, 200);
  });
});
