import assert from "node:assert/strict";
import { FactsUnavailable, VOUCH_MS } from "../../../authz/vouching.ts";
import { connected, counter, type Given, settled } from "./fake_redis.ts";

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

/** As a question is answered: by what Redis holds when it is asked, or later. */
async function asked<T>({ reads }: Given, load: () => Promise<T>): Promise<T> {
  await reads.settled();
  return await reads.read("k", "", load);
}

/** Answers of Redis come in the order of the questions, each after 5 ms. */
function inOrder(): <T>(answer: () => T) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(answer: () => T) => {
    const next = last.then(() => new Promise((resolve) => setTimeout(resolve, 5))).then(answer);
    last = next;
    return next;
  };
}

Deno.test("who_asks_while_a_read_is_under_way_gets_what_was_changed_before", async () => {
  const given = await connected();
  const { client, reads } = given;
  const first = Promise.withResolvers<string>();
  const pong = Promise.withResolvers<string>();
  const early = reads.read("k", "", () => first.promise);
  client.pong = () => pong.promise;
  const late = asked(given, () => Promise.resolve("new"));
  // In order: the reply, the announcement of a change that was made before the second question, the reply to its PING.
  first.resolve("old");
  await settled();
  client.emit("invalidate", "k");
  pong.resolve("PONG");
  assert.deepEqual(await Promise.all([early, late]), ["old", "new"]);
});

Deno.test("who_asks_after_a_read_gets_what_was_changed_before_though_that_is_announced_later", async () => {
  const given = await connected();
  const { client, reads } = given;
  await reads.read("k", "", () => Promise.resolve("old"));
  const redis = inOrder();
  client.pong = () => redis(() => "PONG");
  void redis(() => client.emit("invalidate", "k"));
  assert.equal(await asked(given, () => redis(() => "new")), "new");
});

Deno.test("nobody_waits_for_more_than_two_reads_however_often_something_changes", async () => {
  const given = await connected();
  const { client } = given;
  const redis = inOrder();
  client.pong = () => redis(() => "PONG");
  let reads = 0;
  const others: Promise<number>[] = [];
  const load = (): Promise<number> => {
    const own = ++reads;
    return redis(() => {
      client.emit("invalidate", "k");
      if (own < 10) others.push(asked(given, load));
      return own;
    });
  };
  const early = given.reads.read("k", "", load);
  assert.deepEqual(await Promise.all([early, asked(given, load), asked(given, load)]), [1, 2, 2]);
  while (others.length > 0) await others.shift();
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

Deno.test("a_fact_that_arrives_after_the_vouching_ended_is_refused", async () => {
  const { clock, reads } = await connected();
  const { promise, resolve } = Promise.withResolvers<string>();
  const asked = reads.read("k", "", () => promise);
  clock.now += VOUCH_MS;
  resolve("late");
  await assert.rejects(asked, FactsUnavailable);
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
