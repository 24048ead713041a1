import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { VouchedReads } from "../../../authz/vouched_reads.ts";
import { FactsUnavailable, VOUCH_MS } from "../../../authz/vouching.ts";
import type { Redis } from "../../../gateway/redis/connection.ts";

/** A connection to Redis as far as VouchedReads looks at it. */
class FakeClient extends EventEmitter {
  isReady = false;
  calls: string[] = [];
  pong: () => Promise<string> = () => Promise.resolve("PONG");
  destroyed: () => void = () => {};

  ping(): Promise<string> {
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
  return { client, clock, reads: new VouchedReads(client as unknown as Redis, () => clock.now) };
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
    ["the_key_as_bytes", new TextEncoder().encode("k"), ["k"]],
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
