import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { ReplicaLink } from "../../../authz/replica_link.ts";
import type { RedisClient } from "../../../gateway/redis/client.ts";
import { settled } from "./fake_redis.ts";

const LEADER = "role:master\r\n";
const up = (ago: number): string =>
  `role:slave\r\nmaster_link_status:up\r\nmaster_last_io_seconds_ago:${ago}\r\nmaster_sync_in_progress:0\r\n`;
const down = (since: number, syncing = 0): string =>
  `role:slave\r\nmaster_link_status:down\r\nmaster_last_io_seconds_ago:-1\r\n` +
  `master_sync_in_progress:${syncing}\r\nmaster_link_down_since_seconds:${since}\r\n`;

type Given = {
  link: ReplicaLink;
  /** What Redis says when it is asked next, which is now: over a new connection, or by the clock. */
  says: (info: string | Error, how?: "connected" | "asked again") => Promise<void>;
  clock: { now: number };
  client: EventEmitter;
};

/** A link to a Redis that says what it is told to; `asked again` by the link's own clock, which is turned by hand. */
function given(maxSeconds = 30): Given {
  const clock = { now: 1_000_000 };
  let info: string | Error = LEADER;
  const client = Object.assign(new EventEmitter(), {
    isReady: true,
    send: (...words: string[]) => {
      assert.deepEqual(words, ["INFO", "replication"]);
      return info instanceof Error ? Promise.reject(info) : Promise.resolve(info);
    },
  });
  let ask = (): void => assert.fail("it does not ask by itself");
  const link = new ReplicaLink(client as unknown as RedisClient, maxSeconds, {
    now: () => clock.now,
    every: (milliseconds, what) => {
      assert.equal(milliseconds, 5000);
      ask = what;
      return () => {};
    },
  });
  link.start();
  return {
    link,
    clock,
    client,
    async says(next, how = "asked again") {
      info = next;
      if (how === "connected") client.emit("ready");
      else ask();
      await settled();
    },
  };
}

Deno.test("nothing_is_believed_before_redis_has_said_how_it_stands", async () => {
  const { link, says } = given();
  assert.equal(link.recent, false);
  assert.deepEqual(link.status(), {
    role: "unknown",
    maxSeconds: 30,
    restoreGrants: "refused",
    because: "it was not asked yet",
  });
  await says("something else", "connected");
  assert.equal(link.recent, false);
  assert.match(link.status().because ?? "", /does not say/);
});

Deno.test("a_leader_is_never_stale", async () => {
  const { link, says, clock } = given(0);
  await says(LEADER, "connected");
  clock.now += 1_000_000;
  assert.equal(link.recent, true);
  assert.deepEqual(link.status(), { role: "leader", maxSeconds: 0, restoreGrants: "in-force" });
});

Deno.test("a_replica_is_believed_up_to_the_limit_after_its_leader_was_heard", async () => {
  const { link, says, clock } = given();
  await says(up(7), "connected");
  clock.now += 22_999;
  assert.equal(link.recent, true);
  assert.deepEqual(link.status(), {
    role: "replica",
    link: "up",
    heardSecondsAgo: 29,
    maxSeconds: 30,
    restoreGrants: "in-force",
  });
  clock.now += 1;
  assert.equal(link.recent, false);
  assert.deepEqual(link.status(), {
    role: "replica",
    link: "up",
    heardSecondsAgo: 30,
    maxSeconds: 30,
    restoreGrants: "refused",
    because: "the leader is silent for 30 s",
  });
  await says(up(0));
  assert.equal(link.recent, true);
});

Deno.test("a_silent_leader_does_not_become_young_when_its_link_is_given_up", async () => {
  const { link, says, clock } = given();
  await says(up(0), "connected");
  for (let second = 5; second <= 60; second += 5) {
    clock.now += 5000;
    await says(up(second));
    assert.equal(link.recent, second < 30, `after ${second} s`);
  }
  await says(down(0));
  assert.equal(link.recent, false);
  assert.match(link.status().because ?? "", /link to the leader is down: .* last heard 60 s ago/);
});

Deno.test("a_link_that_goes_down_leaves_the_grants_their_time", async () => {
  const { link, says, clock } = given();
  await says(up(2), "connected");
  clock.now += 5000;
  await says(down(4));
  assert.equal(link.recent, true);
  assert.deepEqual(link.status(), {
    role: "replica",
    link: "down",
    heardSecondsAgo: 7,
    maxSeconds: 30,
    restoreGrants: "in-force",
    because: "its link to the leader is down: the leader was last heard 7 s ago",
  });
  clock.now += 23_000;
  assert.equal(link.recent, false);
});

Deno.test("a_link_that_was_never_seen_up_on_this_connection_is_stale", async (test) => {
  for (const [name, info] of Object.entries({ lately: down(1), never: down(-1), copying: down(-1, 1) })) {
    await test.step(name, async () => {
      const { link, says } = given();
      await says(info, "connected");
      assert.equal(link.recent, false);
      assert.equal(link.status().heardSecondsAgo, undefined);
      assert.match(link.status().because ?? "", /not heard since the sidecar connected/);
    });
  }
});

Deno.test("nothing_is_known_of_the_server_behind_a_new_connection", async (test) => {
  for (const event of ["error", "end", "reconnecting"]) {
    await test.step(event, async () => {
      const { link, says, client } = given();
      await says(up(0), "connected");
      client.emit(event);
      assert.equal(link.recent, false);
      // It may have been started with older data.
      await says(down(1), "connected");
      assert.equal(link.recent, false);
    });
  }
});

Deno.test("who_may_not_ask_is_told_so_and_believes_nothing", async () => {
  const { link, says } = given();
  await says(up(0), "connected");
  await says(new Error("NOPERM User x has no permissions to run the 'info' command"));
  assert.equal(link.recent, false);
  const { role, because } = link.status();
  assert.equal(role, "unknown");
  assert.match(because ?? "", /INFO replication is refused: NOPERM/);
});
