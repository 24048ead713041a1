import assert from "node:assert/strict";
import type { DesiredState } from "../../../gateway/domain/destination.ts";
import { Reconciler, type ReconcilerParts } from "../../../gateway/reconciler.ts";
import type { Bundle } from "../../../gateway/render/bundle.ts";

const state = (network: string, problems: string[] = []): DesiredState => ({
  complete: true,
  destinations: [],
  networks: [network],
  ownAddress: undefined,
  peers: [],
  unreachable: [],
  problems,
});
const render = ({ networks }: DesiredState): Bundle => ({
  haproxy: {
    "backends.cfg": "",
    "routes.map": "",
    "elsewhere.map": "",
    "failover.map": "",
    "networks.lst": networks.join(),
    "own.lst": "",
  },
  instances: [],
  notServed: new Map(),
  elsewhere: new Map(),
  peers: new Set(),
});

/** Runs something while no timer ever ends. Returns after how many milliseconds each of them would. */
async function timersOf(run: () => Promise<unknown>): Promise<number[]> {
  const timers: number[] = [];
  const setTimer = globalThis.setTimeout;
  globalThis.setTimeout =
    ((_: unknown, milliseconds: number) => timers.push(milliseconds)) as unknown as typeof setTimeout;
  try {
    await run();
  } finally {
    globalThis.setTimeout = setTimer;
  }
  return timers;
}

/** A reconciler over a Redis that holds `holds`; `events` says what it did. */
function given(change: Partial<ReconcilerParts> = {}) {
  const events: string[] = [];
  const redis: { holds: DesiredState | undefined } = { holds: state("a") };
  const reconciler = new Reconciler({
    read: () => Promise.resolve(redis.holds),
    render,
    prepare: (bundle) => Promise.resolve(void events.push(`prepare ${bundle.haproxy["networks.lst"]}`)),
    apply: (bundle) => {
      events.push(`apply ${bundle.haproxy["networks.lst"]}`);
      return Promise.resolve(undefined);
    },
    wait: () => Promise.resolve(0),
    settle: () => Promise.resolve(void events.push("settle")),
    log: () => {},
    ...change,
  });
  return { reconciler, events, redis };
}

Deno.test("what_is_the_same_as_before_is_not_applied_again", async () => {
  const { reconciler, events, redis } = given();
  await reconciler.changed("first");
  await reconciler.changed("again");
  redis.holds = state("b");
  await reconciler.changed("other");
  assert.deepEqual(events.filter((event) => event.startsWith("apply")), ["apply a", "apply b"]);
  assert.equal(reconciler.refused, undefined);
});

Deno.test("many_changes_at_once_lead_to_one_more_comparison", async () => {
  let reads = 0;
  const { reconciler } = given({
    read: async () => {
      reads++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return state("a");
    },
  });
  await Promise.all(Array.from({ length: 50 }, (_, index) => reconciler.changed(`change ${index}`)));
  assert.equal(reads, 2);
});

Deno.test("without_a_connection_nothing_changes", async () => {
  const { reconciler, events, redis } = given();
  redis.holds = undefined;
  await reconciler.changed("away");
  assert.deepEqual(events, []);
  assert.equal(reconciler.refused, "not read from Redis yet");
});

Deno.test("a_read_that_fails_keeps_what_runs_and_says_why_once", async () => {
  const log: string[] = [];
  let fails = false;
  const { reconciler } = given({
    read: () => fails ? Promise.reject(new Error("WRONGTYPE")) : Promise.resolve(state("a")),
    log: (message) => log.push(message),
  });
  await reconciler.changed("first");
  fails = true;
  const before = [reconciler.bundle, log.length] as const;
  const timers = await timersOf(async () => {
    await reconciler.changed("second");
    await reconciler.changed("third");
  });
  assert.deepEqual(timers, [2000], "it is tried again, once however often it fails");
  assert.equal(reconciler.bundle, before[0]);
  assert.equal(log.length, before[1] + 1);
  assert.match(reconciler.refused ?? "", /WRONGTYPE/);
  fails = false;
  await reconciler.changed("mended");
  assert.equal(reconciler.refused, undefined);
});

Deno.test("a_candidate_that_is_refused_is_offered_to_nobody_afterwards", async () => {
  let during: string | undefined;
  const parts = given({
    apply: (bundle) => {
      during = parts.reconciler.offered.haproxy["networks.lst"];
      return Promise.resolve(bundle.haproxy["networks.lst"] === "b" ? "no" : undefined);
    },
  });
  const timers = await timersOf(async () => {
    await parts.reconciler.changed("first");
    parts.redis.holds = state("b");
    await parts.reconciler.changed("second");
  });
  assert.equal(during, "b", "HAProxy's new worker may ask for what is in it");
  assert.equal(parts.reconciler.offered.haproxy["networks.lst"], "a");
  assert.equal(parts.reconciler.bundle.haproxy["networks.lst"], "a");
  assert.match(parts.reconciler.refused ?? "", /Cannot apply what Redis holds: no/);
  assert.equal(timers.length, 1, "it is tried again");
});

Deno.test("what_was_left_out_is_told_although_the_rest_runs", async () => {
  const { reconciler, redis } = given();
  redis.holds = state("a", ["the network is none"]);
  await reconciler.changed("first");
  assert.equal(reconciler.bundle.haproxy["networks.lst"], "a");
  assert.equal(reconciler.refused, "the network is none");
});

Deno.test("a_reload_that_has_to_wait_is_tried_again_and_says_so", async () => {
  let wait = 0;
  const { reconciler, events, redis } = given({ wait: () => Promise.resolve(wait) });
  await reconciler.changed("first");
  wait = 10;
  redis.holds = state("b");
  await reconciler.changed("other");
  assert.match(reconciler.refused ?? "", /Waiting with a reload/);
  assert.ok(!events.includes("apply b"));
  wait = 0;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(events.includes("apply b"));
  assert.equal(reconciler.refused, undefined);
});

Deno.test("what_is_not_all_there_yet_runs_and_is_looked_at_again_soon", async () => {
  const { reconciler, events, redis } = given();
  redis.holds = { ...state("a"), complete: false };
  assert.deepEqual(await timersOf(() => reconciler.changed("first")), [2000]);
  assert.ok(events.includes("apply a"));
  assert.equal(reconciler.refused, undefined);
  redis.holds = state("a");
  assert.deepEqual(await timersOf(() => reconciler.changed("second")), []);
});
