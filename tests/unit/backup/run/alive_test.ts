import assert from "node:assert/strict";
import { aliveElsewhere, keepAlive } from "../../../../backup/run/alive.ts";
import { LeaderAway, type Sends } from "../../../../backup/run/leader.ts";

/** As much of Redis as is asked here; a walk comes in two parts. */
function keys(): Sends & { readonly there: Set<string> } {
  const there = new Set<string>();
  return {
    there,
    sendCommand([command, key = "", , pattern = ""]) {
      if (command === "SET") there.add(key);
      if (command === "DEL") there.delete(key);
      if (command !== "SCAN") return Promise.resolve(1);
      const found = [...there].filter((each) => each.startsWith(pattern.slice(0, -1)));
      return Promise.resolve(key === "0" ? ["7", []] : ["0", found]);
    },
  };
}

Deno.test("others_at_work_on_the_same_repository_are_seen_and_oneself_is_not", async () => {
  const redis = keys();
  await using _own = await keepAlive(redis, "d/mail/u", "1.7");
  assert.equal(await aliveElsewhere(redis, "d/mail/u", "1.7"), false);
  assert.equal(await aliveElsewhere(redis, "d/mail/u", "1.8"), true);
  {
    await using _other = await keepAlive(redis, "d/mail/u2", "2");
    assert.equal(await aliveElsewhere(redis, "d/mail/u", "1.7"), false);
  }
  {
    await using _other = await keepAlive(redis, "d/mail/u", "2");
    assert.equal(await aliveElsewhere(redis, "d/mail/u", "1.7"), true);
  }
  assert.equal(await aliveElsewhere(redis, "d/mail/u", "1.7"), false);
});

Deno.test("without_the_leader_a_run_goes_on_and_whether_others_live_cannot_be_told", async () => {
  const redis: Sends = { sendCommand: () => Promise.reject(new LeaderAway("away")) };
  await using _own = await keepAlive(redis, "d/mail/u", "1");
  await assert.rejects(aliveElsewhere(redis, "d/mail/u", "1"), LeaderAway);
});
