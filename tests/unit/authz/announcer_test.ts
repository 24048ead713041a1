import assert from "node:assert/strict";
import { Announcer, type News } from "../../../authz/announcer.ts";

Deno.test("of_what_changes_while_haproxy_is_told_only_the_newest_is_told_next", async () => {
  let generation = 1;
  const told: number[] = [];
  const waiting: (() => void)[] = [];
  const tell = ({ generation }: News): Promise<void> => {
    told.push(generation);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const announcer = new Announcer(() => ({ generation, confirmedAt: 0 }), tell);
  void announcer.announce();
  await settled();
  let heard = false;
  for (generation = 2; generation < 5; generation++) void announcer.announce().then(() => heard = true);
  assert.deepEqual(told, [1]);
  waiting.shift()?.();
  await settled();
  assert.deepEqual(told, [1, 5]);
  assert.equal(heard, false, "HAProxy has not answered yet");
  waiting.shift()?.();
  await settled();
  assert.equal(heard, true);
  assert.deepEqual(told, [1, 5], "there is nothing new");
  generation = 6;
  void announcer.announce();
  await settled();
  assert.deepEqual(told, [1, 5, 6]);
});

Deno.test("a_haproxy_that_is_away_is_told_the_next_time", async () => {
  let away = true;
  const told: number[] = [];
  const announcer = new Announcer(() => ({ generation: 7, confirmedAt: 0 }), ({ generation }) => {
    if (away) return Promise.reject(new Error("connection refused"));
    told.push(generation);
    return Promise.resolve();
  });
  await announcer.announce();
  away = false;
  await announcer.announce();
  assert.deepEqual(told, [7]);
});

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
