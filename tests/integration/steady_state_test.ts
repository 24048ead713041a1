import assert from "node:assert/strict";
import { startBothWays } from "./harness/both_ways.ts";
import { DESTINATION } from "./harness/cluster.ts";
import { AUTHZ_SOCKET } from "../../gateway/paths.ts";
import { HEALTH } from "./harness/gateway.ts";
import { haproxyFigures } from "./harness/haproxy_figures.ts";
import { watchRedis } from "./harness/redis_watch.ts";
import { unixConnections } from "./harness/unix_connections.ts";

/** GETs of one module on one connection, after a warm-up. */
const REQUESTS = 2000;
/** How many questions to the sidecar they may cost, */
const MOST_QUESTIONS = REQUESTS / 10;
/** and how many connections to it and to rclone may be made: each of HAProxy's threads has its own. */
const MOST_CONNECTIONS = 8;

/** What the controller reads in each comparison. Nothing else may be asked of Redis but PING. */
const COMPARISON = [
  "HGETALL private/nodes/backup_destination/rclone_conf",
  `HGETALL cluster/backup_repository/${DESTINATION}`,
  "HGETALL cluster/module_uuid",
  "HGET cluster/environment",
  "HGET node/1/vpn",
  "GET cluster/network",
];
const COMPARE_EVERY_S = 30;
/** The sidecar's connection vouches by a PING every 200 ms; the client library adds one every few seconds. */
const MOST_PINGS_A_SECOND = 6;
/** The sidecar asks how its Redis stands to the leader, by itself. */
const ASK_REPLICATION_EVERY_S = 5;
/** The sidecar's connections are looked at after so many requests. */
const LOOK_EVERY = 20;

Deno.test("the_gateway_asks_nobody_for_what_it_knows_while_a_module_goes_on_reading", async (t) => {
  await using ways = await startBothWays();
  const { gateway, objects } = ways;
  const read = (way: "gateway" | "direct", index: number): Promise<void> =>
    ways.ask(way, { method: "GET", path: `data/${objects[index % objects.length]}`, status: 200 });
  for (let index = 0; index < 100; index++) await read("gateway", index);
  const aRead = await ways.storageAsked(() => read("direct", 0));

  const questions = async (): Promise<number> => {
    const text = await (await fetch(`${HEALTH}/metrics`)).text();
    return Number(/^rclone_gateway_question_seconds_count ([0-9]+)$/m.exec(text)?.[1]);
  };
  const before = { questions: await questions(), haproxy: await haproxyFigures(gateway) };
  const connections = new Set<string>();
  let looksWithoutConnection = 0;
  await using watch = await watchRedis(ways.redis.client);
  const began = performance.now();
  const storageAsked = await ways.storageAsked(async () => {
    for (let index = 0; index < REQUESTS; index++) {
      await read("gateway", index);
      if (index % LOOK_EVERY !== 0) continue;
      const open = unixConnections(AUTHZ_SOCKET);
      if (open.size === 0) looksWithoutConnection++;
      for (const connection of open) connections.add(connection);
    }
  });
  const seconds = (performance.now() - began) / 1000;
  const commands = await watch.commands();
  const after = { questions: await questions(), haproxy: await haproxyFigures(gateway) };
  const grown = (metric: string, labels: RegExp): number =>
    after.haproxy.sum(metric, labels) - before.haproxy.sum(metric, labels);

  await t.step("the storage is asked what rclone alone would ask it", () => {
    assert(aRead.length > 0, "what the storage is asked is not seen");
    const expected = Array.from({ length: REQUESTS }, () => aRead).flat();
    assert.deepEqual(counted(storageAsked), counted(expected));
  });
  await t.step("the sidecar sends Redis its PINGs, and every 5 seconds one question about the leader", () => {
    const { PING: pings = 0, "INFO replication": infos = 0, ...others } = commands["gateway-authz"] ?? {};
    assert.deepEqual(others, {});
    assert(pings > 0 && pings <= MOST_PINGS_A_SECOND * (seconds + 1), `${pings} PINGs in ${seconds} s`);
    const most = Math.floor(seconds / ASK_REPLICATION_EVERY_S) + 1;
    assert(infos <= most, `${infos} times INFO replication in ${seconds} s`);
  });
  await t.step("the controller sends Redis what it compares every 30 seconds only", () => {
    const { PING: _, ...others } = commands["gateway-controller"] ?? {};
    const most = Math.floor(seconds / COMPARE_EVERY_S) + 1;
    for (const [command, times] of Object.entries(others)) {
      assert(COMPARISON.includes(command), `${command} is no part of the comparison`);
      assert(times <= most, `${times} times ${command} in ${seconds} s`);
    }
  });
  await t.step("nobody else sends Redis anything", () => {
    const { "gateway-authz": _sidecar, "gateway-controller": _controller, cluster: _test, ...others } =
      commands;
    assert.deepEqual(others, {});
  });
  await t.step(`${REQUESTS} requests cost the sidecar ${MOST_QUESTIONS} questions at most`, () => {
    const asked = after.questions - before.questions;
    assert(asked <= MOST_QUESTIONS, `it was asked ${asked}`);
  });
  await t.step("they all came over one connection", () => {
    assert.equal(grown("haproxy_frontend_http_requests_total", /proxy="gateway"/), REQUESTS);
    assert.equal(grown("haproxy_frontend_connections_total", /proxy="gateway"/), 0);
  });
  await t.step("connections to rclone are used again", () => {
    const server = /\.rest-append",server="rclone"/;
    const made = grown("haproxy_server_connection_attempts_total", server);
    assert(made <= MOST_CONNECTIONS, `${made} were made`);
    assert.equal(made + grown("haproxy_server_connection_reuses_total", server), REQUESTS);
  });
  await t.step("connections to the sidecar are used again", () => {
    // Where none was open, each question in between had one of its own; and no question has more than one.
    const made = Math.min(connections.size + looksWithoutConnection, after.questions - before.questions);
    assert(
      made <= MOST_CONNECTIONS,
      `${connections.size} were seen, and none in ${looksWithoutConnection} of ${
        REQUESTS / LOOK_EVERY
      } looks`,
    );
  });
});

function counted(lines: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
}
