import assert from "node:assert/strict";
import { FactsUnavailable, VOUCH_MS } from "../../../authz/vouching.ts";
import { RedisError } from "../../../gateway/redis/resp.ts";
import { connected, counter, given, settled } from "./fake_redis.ts";

Deno.test("nothing_is_known_before_a_ping_was_answered", async () => {
  const { client, reads } = given();
  const { load } = counter();
  await assert.rejects(reads.read("k", "", load), FactsUnavailable);
  client.isReady = true;
  await assert.rejects(reads.read("k", "", load), FactsUnavailable);
  client.comes();
  await settled();
  assert.equal(await reads.read("k", "", load), 1);
});

Deno.test("a_redis_that_refuses_the_ping_vouches_for_nothing_and_keeps_its_connection", async () => {
  const { client, clock, reads } = await connected();
  client.pong = () => Promise.reject(new RedisError("LOADING Redis is loading the dataset in memory"));
  client.heardAt = clock.now += VOUCH_MS;
  client.calls.length = 0;
  await assert.rejects(reads.read("k", "", counter().load), FactsUnavailable);
  assert.deepEqual(client.calls, ["ping", "ping"]);
  assert.match(reads.trouble ?? "", /LOADING/);
  client.pong = () => Promise.resolve("PONG");
  assert.equal(await reads.read("k", "", counter().load), 1);
});

Deno.test("an_answered_ping_vouches_for_a_second_from_when_it_was_sent", async () => {
  const { client, clock, reads } = given();
  const { promise, resolve } = Promise.withResolvers<string>();
  client.pong = () => promise;
  const sent = clock.now;
  client.comes();
  clock.now = sent + 900;
  resolve("PONG");
  await settled();
  const facts = counter();
  clock.now = sent + VOUCH_MS - 1;
  assert.equal(await reads.read("k", "", facts.load), 1);
  clock.now = sent + VOUCH_MS;
  assert.equal(reads.vouched, false);
  await assert.rejects(reads.read("k", "", facts.load), FactsUnavailable);
  assert.equal(facts.asked, 1, "a remembered fact is not handed out, and none is asked for");
});

Deno.test("a_pong_of_an_earlier_connection_vouches_for_nothing", async () => {
  const { client, reads } = given();
  const { promise, resolve } = Promise.withResolvers<string>();
  client.pong = () => promise;
  client.comes();
  client.goes("reconnecting");
  client.isReady = true;
  resolve("PONG");
  await settled();
  assert.equal(reads.vouched, false);
});

Deno.test("a_silent_connection_is_given_up_for_a_new_one", async () => {
  const { client, reads } = given();
  client.pong = () => new Promise(() => {});
  client.comes();
  await new Promise((resolve) => setTimeout(resolve, VOUCH_MS + 100));
  assert.deepEqual(client.calls, ["ping", "destroy", "connect"]);
  assert.equal(reads.vouched, false);
  assert.match(reads.trouble ?? "", /PING/);
});

Deno.test("trouble_says_what_redis_said", async () => {
  const { client, reads } = given();
  assert.equal(reads.trouble, "not connected yet");
  client.goes("error");
  assert.equal(reads.trouble, "Socket closed");
  client.comes();
  await settled();
  assert.equal(reads.trouble, undefined);
});

Deno.test("it_pings_while_it_runs_and_ends_when_stopped", async () => {
  const { client, reads } = given();
  reads.start();
  client.isReady = true;
  await new Promise((resolve) => setTimeout(resolve, 450));
  assert.equal(client.calls[0], "connect");
  assert.ok(client.calls.filter((call) => call === "ping").length >= 2, client.calls.join());
  client.destroyed = () => {
    throw new Error("The client is closed");
  };
  reads.stop();
  assert.equal(reads.vouched, false);
});

Deno.test("every_change_and_every_loss_of_the_connection_is_a_new_generation_and_news", async () => {
  const { client, reads } = await connected();
  let news = 0;
  reads.onNews = () => news++;
  for (
    const change of [
      () => client.emit("invalidate", "k"),
      () => client.emit("invalidate", null),
      () => client.goes("error"),
      () => client.goes("end"),
      () => reads.renew(),
    ]
  ) {
    const [before, told] = [reads.generation, news];
    change();
    assert(reads.generation > before);
    assert(news > told);
  }
});

Deno.test("what_is_confirmed_is_confirmed_as_of_when_the_ping_was_sent", async () => {
  const { client, reads } = given();
  assert.equal(reads.confirmedAt, 0);
  const sent = Date.now();
  client.pong = async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return "PONG";
  };
  client.comes();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert(reads.confirmedAt >= sent && reads.confirmedAt < sent + 45, `${reads.confirmedAt - sent} ms later`);
});
