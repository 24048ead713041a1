// However often a client sends a header, HAProxy lives on, and the request is judged by all of its values.
import assert from "node:assert/strict";
import { DOKUWIKI1, fillCluster, repositoryUrl } from "./harness/cluster.ts";
import { haproxyProcess, startGateway } from "./harness/gateway.ts";
import { startRedis } from "./harness/redis.ts";
import { headers, repository } from "./harness/remembered.ts";
import { request } from "./harness/request.ts";

/** The status of a request with these header lines on a connection of its own; undefined where it is just closed. */
async function statusOf(lines: readonly string[], target = "/"): Promise<number | undefined> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: 4694 });
  const text = [`GET ${target} HTTP/1.0`, ...lines, "", ""].join("\r\n");
  await connection.write(new TextEncoder().encode(text));
  const buffer = new Uint8Array(4096);
  const read = await connection.read(buffer).catch(() => null);
  return read === null
    ? undefined
    : Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(new TextDecoder().decode(buffer.subarray(0, read)))?.[1]);
}

Deno.test("a_header_that_comes_a_hundred_times_harms_nothing", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using gateway = await startGateway();
  const worker = await haproxyProcess(gateway, "worker");
  for (
    const header of [
      "Accept: a",
      "Depth: 0",
      "Destination: /x",
      "Authorization: Basic eDp5",
      "Content-Length: 0",
    ]
  ) {
    for (const count of [2, 50, 97, 98, 99, 100, 101, 150]) {
      await t.step(`${count} times ${header}`, async () => {
        const status = await statusOf(Array.from({ length: count }, () => header));
        assert([400, 401, 403, undefined].includes(status), `status ${status}`);
        assert.equal(await haproxyProcess(gateway, "worker"), worker, "HAProxy's worker is another one");
      });
    }
  }
  await t.step("all values count: restic's among a hundred is restic's", async () => {
    const root = repositoryUrl(DOKUWIKI1);
    await request("POST", `${root}/?create=true`, { as: DOKUWIKI1, rest: false });
    await request("POST", `${root}/config`, { as: DOKUWIKI1, body: "a config" });
    const many = Array.from({ length: 90 }, () => "Accept: text/x");
    const target = `${repository(DOKUWIKI1)}/config`;
    assert.equal(await statusOf([...many, ...headers(DOKUWIKI1)], target), 200);
    assert.equal(await statusOf([...headers(DOKUWIKI1), ...many], target), 200);
  });
});
