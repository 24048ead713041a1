import assert from "node:assert/strict";
import { reaches } from "../../../../gateway/failover/reach.ts";
import { uuid } from "../../given.ts";

function given(change: { trouble?: string; answers?: () => Promise<boolean> } = {}) {
  const state = { now: 0, asked: 0 };
  const reach = reaches({
    instance: (destination) => destination === uuid("a") ? "a.1" : undefined,
    trouble: () => change.trouble,
    answers: () => {
      state.asked++;
      return (change.answers ?? (() => Promise.resolve(true)))();
    },
    now: () => state.now,
  });
  return { state, reach };
}

Deno.test("however_many_nodes_ask_the_storage_is_asked_every_five_seconds", async () => {
  const { state, reach } = given();
  for (let time = 0; time < 100; time++) assert.deepEqual(await reach(uuid("a")), { reachable: true });
  assert.equal(state.asked, 1);
  state.now += 5000;
  await reach(uuid("a"));
  assert.equal(state.asked, 2);
});

Deno.test("what_is_not_reached_is_told_with_why", async () => {
  assert.deepEqual(await given().reach(uuid("b")), { reachable: false, because: "it is not served here" });
  const failing = given({ trouble: "no route" });
  assert.deepEqual(await failing.reach(uuid("a")), { reachable: false, because: "no route" });
  assert.equal(failing.state.asked, 0, "it is known already");
  for (const answers of [() => Promise.resolve(false), () => Promise.reject(new Error("x"))]) {
    assert.deepEqual(await given({ answers }).reach(uuid("a")), {
      reachable: false,
      because: "its storage fails",
    });
  }
});
