import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { VouchedReads } from "../../../authz/vouched_reads.ts";
import { FactsUnavailable, VOUCH_MS } from "../../../authz/vouching.ts";
import type { RedisClient } from "../../../gateway/redis/client.ts";
import { RedisError } from "../../../gateway/redis/resp.ts";

/** A connection to Redis as far as VouchedReads looks at it. */
class FakeClient extends EventEmitter {
  isReady = false;
  heardAt = -Infinity;
  calls: string[] = [];
  pong: () => Promise<unknown> = () => Promise.resolve("PONG");
  destroyed: () => void = () => {};

  ping(): Promise<unknown> {
    this.calls.push("ping");
    return this.pong();
  }
  connect(): Promise<void> {
    this.calls.push("connect");
    return Promise.resolve();
  }
  destroy(): void {
    this.calls.push("destroy");
    this.destroyed();
  }
  comes(): void {
    this.isReady = true;
    this.emit("ready");
  }
  goes(event: "error" | "end" | "reconnecting"): void {
    this.isReady = false;
    this.emit(event, new Error("Socket closed"));
  }
}

type Given = { client: FakeClient; reads: VouchedReads; clock: { now: number } };

function given(): Given {
  const client = new FakeClient();
  const clock = { now: 1_000_000 };
  return { client, clock, reads: new VouchedReads(client as unknown as RedisClient, () => clock.now) };
}

/** Connected, and the first PING answered. */
async function connected(): Promise<Given> {
  const all = given();
  all.client.comes();
  await settled();
  return all;
}

/** Lets everything that only waits for resolved promises run. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** A reader that counts how often Redis was asked. */
function counter(): { asked: number; load: () => Promise<number> } {
  const counting = { asked: 0, load: () => Promise.resolve(++counting.asked) };
  return counting;
}

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

Deno.test("a_fact_is_remembered", async () => {
  const { reads } = await connected();
  const facts = counter();
  assert.equal(await reads.read("k", "a", facts.load), 1);
  assert.equal(await reads.read("k", "a", facts.load), 1);
  assert.equal(await reads.read("k", "b", facts.load), 2);
  assert.equal(await reads.read("other", "a", facts.load), 3);
});

Deno.test("questions_at_the_same_time_ask_redis_once", async () => {
  const { reads } = await connected();
  const facts = counter();
  assert.deepEqual(await Promise.all([1, 2, 3].map(() => reads.read("k", "", facts.load))), [1, 1, 1]);
});

Deno.test("an_announced_change_drops_what_was_read_of_that_key", async (test) => {
  const cases: [name: string, announced: unknown, dropped: string[]][] = [
    ["the_key", "k", ["k"]],
    ["another_key", "kk", []],
    ["all_keys", null, ["k", "other"]],
  ];
  for (const [name, announced, dropped] of cases) {
    await test.step(name, async () => {
      const { client, reads } = await connected();
      const facts = counter();
      await reads.read("k", "", facts.load);
      await reads.read("other", "", facts.load);
      client.emit(
        "invalidate",
        announced instanceof Uint8Array ? { toString: () => new TextDecoder().decode(announced) } : announced,
      );
      assert.equal(await reads.read("k", "", facts.load) !== 1, dropped.includes("k"));
      assert.equal(await reads.read("other", "", facts.load) !== 2, dropped.includes("other"));
    });
  }
});

Deno.test("a_change_during_a_read_is_not_missed", async () => {
  const { client, reads } = await connected();
  const { promise, resolve } = Promise.withResolvers<string>();
  const old = reads.read("k", "", () => promise);
  client.emit("invalidate", "k");
  resolve("old");
  assert.equal(await old, "old");
  assert.equal(await reads.read("k", "", () => Promise.resolve("new")), "new");
});

Deno.test("who_asks_while_a_read_is_under_way_gets_what_was_changed_before", async () => {
  const { client, reads } = await connected();
  const first = Promise.withResolvers<string>();
  const pong = Promise.withResolvers<string>();
  const early = reads.read("k", "", () => first.promise);
  client.pong = () => pong.promise;
  const late = reads.read("k", "", () => Promise.resolve("new"));
  // In order: the reply, the announcement of a change that was made before the second question, the reply to its PING.
  first.resolve("old");
  await settled();
  client.emit("invalidate", "k");
  pong.resolve("PONG");
  assert.deepEqual(await Promise.all([early, late]), ["old", "new"]);
});

Deno.test("nobody_waits_for_more_than_two_reads_however_often_something_changes", async () => {
  const { client, reads } = await connected();
  let asked = 0;
  const load = async (): Promise<number> => {
    const own = ++asked;
    await new Promise((resolve) => setTimeout(resolve, 5));
    client.emit("invalidate", "k");
    return own;
  };
  const answers = await Promise.all([1, 2, 3].map(() => reads.read("k", "", load)));
  assert.deepEqual(answers, [1, 2, 2]);
  assert.equal(asked, 2);
});

Deno.test("who_asks_during_a_read_takes_the_next_one_though_it_begins_before_the_ping_is_answered", async () => {
  const { client, reads } = await connected();
  // Answers come in the order of the questions.
  let last: Promise<unknown> = Promise.resolve();
  client.pong = () => last = last.then(() => "PONG");
  let asked = 0;
  const others: Promise<number>[] = [];
  const load = (): Promise<number> => {
    const own = ++asked;
    const reading = last.then(() => new Promise((resolve) => setTimeout(resolve, 5))).then(() => {
      client.emit("invalidate", "k");
      if (own === 1) others.push(reads.read("k", "", load));
      return own;
    });
    last = reading;
    return reading;
  };
  const answers = await Promise.all([reads.read("k", "", load), reads.read("k", "", load)]);
  assert.deepEqual([...answers, ...await Promise.all(others)], [1, 2, 2]);
  assert.equal(asked, 2);
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

Deno.test("while_a_reply_comes_in_who_asks_waits_for_the_ping_behind_it", async () => {
  const { client, clock, reads } = await connected();
  const facts = counter();
  const { promise, resolve } = Promise.withResolvers<string>();
  client.pong = () => promise;
  clock.now += VOUCH_MS;
  client.heardAt = clock.now - 1;
  assert.equal(reads.vouched, false);
  let answered = false;
  const asked = reads.read("k", "", facts.load).finally(() => answered = true);
  await settled();
  assert.equal(answered, false);
  resolve("PONG");
  assert.equal(await asked, 1);
});

Deno.test("a_read_may_take_longer_than_a_ping_while_something_comes_in", async () => {
  const { client, clock, reads } = await connected();
  const { promise, resolve } = Promise.withResolvers<string>();
  const asked = reads.read("k", "", () => promise);
  client.heardAt = clock.now;
  setTimeout(() => resolve("large"), VOUCH_MS + 200);
  assert.equal(await asked, "large");
});

Deno.test("no_fact_outlives_its_connection", async (test) => {
  for (const event of ["error", "end", "reconnecting"] as const) {
    await test.step(event, async () => {
      const { client, reads } = await connected();
      const facts = counter();
      await reads.read("k", "", facts.load);
      client.goes(event);
      await assert.rejects(reads.read("k", "", facts.load), FactsUnavailable);
      client.isReady = true;
      assert.equal(reads.vouched, false, "vouched for by a connection that has only just come back");
      client.comes();
      await settled();
      assert.equal(await reads.read("k", "", facts.load), 2);
    });
  }
});

Deno.test("a_connection_that_comes_back_unnoticed_drops_everything", async () => {
  const { client, reads } = await connected();
  const facts = counter();
  await reads.read("k", "", facts.load);
  client.comes();
  await settled();
  assert.equal(await reads.read("k", "", facts.load), 2);
});

Deno.test("a_fact_read_across_a_reconnect_is_refused", async () => {
  const { client, reads } = await connected();
  const { promise, resolve } = Promise.withResolvers<string>();
  const asked = reads.read("k", "", () => promise);
  client.goes("reconnecting");
  client.comes();
  await settled();
  assert.equal(reads.vouched, true);
  resolve("of the connection before");
  await assert.rejects(asked, FactsUnavailable);
  assert.equal(await reads.read("k", "", () => Promise.resolve("fresh")), "fresh");
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

Deno.test("a_fact_that_arrives_after_the_vouching_ended_is_refused", async () => {
  const { clock, reads } = await connected();
  const { promise, resolve } = Promise.withResolvers<string>();
  const asked = reads.read("k", "", () => promise);
  clock.now += VOUCH_MS;
  resolve("late");
  await assert.rejects(asked, FactsUnavailable);
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

Deno.test("a_failed_read_is_unavailable_and_not_remembered", async () => {
  const { reads } = await connected();
  const cause = new Error("NOPERM this user has no permissions");
  await assert.rejects(
    reads.read("k", "", () => Promise.reject(cause)),
    (error) => error instanceof FactsUnavailable && error.cause === cause && /NOPERM/.test(error.message),
  );
  await settled();
  assert.equal(await reads.read("k", "", () => Promise.resolve("now")), "now");
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
