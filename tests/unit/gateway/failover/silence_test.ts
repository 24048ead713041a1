import assert from "node:assert/strict";
import type { InFlight } from "../../../../gateway/apply/requests_in_flight.ts";
import { Silence } from "../../../../gateway/failover/silence.ts";

const I = "x.1";

function given() {
  const state = { inFlight: new Map<string, InFlight>(), answers: true };
  let asked = 0;
  const silence = new Silence({
    inFlight: () => Promise.resolve(state.inFlight),
    answers: () => {
      asked++;
      return Promise.resolve(state.answers);
    },
  });
  return {
    state,
    /** looks when so many requests are under way and so many have gone well; whether it is silent, and how often it was asked */
    async look(now: number, wentWell: number): Promise<[silent: boolean, asked: number]> {
      asked = 0;
      state.inFlight = new Map([[I, { now, wentWell }]]);
      await silence.look();
      return [silence.has(I), asked];
    },
  };
}

Deno.test("a_storage_whose_requests_go_well_or_that_nobody_asks_is_not_asked", async () => {
  const { look } = given();
  for (const [now, wentWell] of [[3, 0], [3, 5], [1, 6], [0, 6], [0, 6]] as const) {
    assert.deepEqual(await look(now, wentWell), [false, 0]);
  }
});

Deno.test("one_whose_requests_do_not_end_is_asked_and_silent_where_it_does_not_answer", async () => {
  const { look, state } = given();
  await look(3, 5);
  assert.deepEqual(await look(3, 5), [false, 1], "it answers");
  state.answers = false;
  assert.deepEqual(await look(3, 5), [true, 1]);
  assert.deepEqual(await look(0, 5), [true, 1], "also when all have gone");
  state.answers = true;
  assert.deepEqual(await look(0, 5), [false, 1]);
  assert.deepEqual(await look(0, 5), [false, 0]);
});

Deno.test("a_request_that_goes_well_is_an_answer", async () => {
  const { look, state } = given();
  await look(3, 5);
  state.answers = false;
  assert.deepEqual(await look(3, 5), [true, 1]);
  assert.deepEqual(await look(3, 6), [false, 0]);
});
