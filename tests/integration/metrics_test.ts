import assert from "node:assert/strict";
import { DESTINATION, DOKUWIKI1, DOKUWIKI2, fillCluster, repositoryUrl } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { GATEWAY, HEALTH, processOf, startGateway } from "./harness/gateway.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";

Deno.test("metrics_tell_decisions_bytes_and_states", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await using gateway = await startGateway();
  const repository = repositoryUrl(DOKUWIKI1);
  await request("POST", `${repository}/?create=true`, { as: DOKUWIKI1, rest: false });
  await request("POST", `${repository}/data/${"d4".repeat(32)}`, {
    as: DOKUWIKI1,
    body: "x".repeat(100_000),
  });
  for (let time = 0; time < 3; time++) await request("GET", `${repository}/config`, { as: DOKUWIKI2 });
  const metrics = async (): Promise<string> => await (await fetch(`${HEALTH}/metrics`)).text();
  const text = await metrics();
  const value = (sample: string): number => {
    const line = text.split("\n").find((line) => line.startsWith(`${sample} `));
    assert(line !== undefined, `${sample} is not among:\n${text}`);
    return Number(line.slice(sample.length));
  };
  const own = `{destination="${DESTINATION}",identity="${DOKUWIKI1.name}"}`;

  await t.step("decisions by outcome and reason", () => {
    assert.equal(value('rclone_gateway_decisions_total{outcome="allow",reason="own-repository"}'), 2);
    assert.equal(value('rclone_gateway_decisions_total{outcome="403",reason="not-own-repository"}'), 3);
  });
  await t.step("how long questions take", () => {
    assert.equal(value("rclone_gateway_question_seconds_count"), 5);
    assert.equal(value('rclone_gateway_question_seconds_bucket{le="+Inf"}'), 5);
  });
  await t.step("bytes and requests of each identity on each destination", () => {
    assert.equal(value(`rclone_gateway_requests_total${own}`), 2);
    assert(value(`rclone_gateway_received_bytes_total${own}`) > 100_000);
    assert(value(`rclone_gateway_sent_bytes_total${own}`) > 0);
    assert(!text.includes(DOKUWIKI2.name), "what is refused moves nothing");
  });
  await t.step("destinations, Redis, version", () => {
    assert.equal(value(`rclone_gateway_destination_state{destination="${DESTINATION}",state="serving"}`), 1);
    assert.equal(value("rclone_gateway_redis_connected"), 1);
    assert.equal(value("rclone_gateway_facts_vouched"), 1);
    assert.match(text, /^rclone_gateway_info\{version="[0-9.]+",node="1"\} 1$/m);
  });
  await t.step("HAProxy's own", () => assert.match(text, /^haproxy_frontend_/m));
  await t.step("every line is a comment or a sample", () => {
    for (const line of text.split("\n")) {
      assert.match(line, /^(# (HELP|TYPE) .*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? ([0-9.eE+-]+|NaN)|)$/);
    }
  });
  await t.step("a part that is away is named, and the others are there", async () => {
    const sidecar = await processOf(gateway, /^deno .*authz\/main\.js$/);
    Deno.kill(sidecar, "SIGSTOP");
    const without = await metrics();
    Deno.kill(sidecar, "SIGCONT");
    assert.match(without, /^rclone_gateway_metrics_missing\{part="sidecar"\} 1$/m);
    assert.match(without, /^rclone_gateway_redis_connected 1$/m);
    await eventually("it is back", async () => !(await metrics()).includes("metrics_missing{"));
  });
  await t.step("none of it is to be had on 4694", async () => {
    for (const path of ["/metrics", "/healthz", "/readyz", "/status"]) {
      for (const as of [undefined, DOKUWIKI1]) {
        const answer = await request("GET", `${GATEWAY}${path}`, as === undefined ? {} : { as });
        assert.equal(answer.status, as === undefined ? 401 : 403);
      }
    }
  });
});
