import assert from "node:assert/strict";
import { ForegroundTimers, type Stamps } from "../../../../backup/timers/foreground.ts";
import type { WantedTimer } from "../../../../backup/timers/timer.ts";

const timer = (schedule: string, randomDelay = 0): WantedTimer => ({
  id: "1",
  schedule: `${schedule} UTC`,
  randomDelay,
  description: schedule,
});

function given(at: string) {
  const clock = { now: Date.parse(at) };
  const fired: string[] = [];
  const kept = new Map<string, number>();
  const stamps: Stamps = {
    read: (id) => Promise.resolve(kept.get(id)),
    write: (id, time) => Promise.resolve(void kept.set(id, time)),
    remove: (id) => Promise.resolve(void kept.delete(id)),
  };
  const make = (random = () => 0) =>
    new ForegroundTimers({ fire: (id) => void fired.push(id), stamps, now: () => clock.now, random });
  return { clock, fired, kept, make };
}

Deno.test("it_fires_when_it_is_time_and_not_before", async () => {
  const { clock, fired, make } = given("2026-11-23T21:00:00Z");
  const timers = make();
  await timers.start(timer("*:0/10"));
  assert.equal(await timers.tick(), 600_000);
  clock.now += 599_999;
  await timers.tick();
  assert.deepEqual(fired, []);
  clock.now += 1;
  assert.equal(await timers.tick(), 600_000);
  assert.deepEqual(fired, ["1"]);
});

Deno.test("a_missed_run_is_made_up_for_once", async () => {
  const { clock, fired, make } = given("2026-11-23T21:00:00Z");
  await make().start(timer("daily"));
  clock.now += 5 * 86_400_000;
  const timers = make();
  await timers.start(timer("daily"));
  await timers.tick();
  await timers.tick();
  assert.deepEqual(fired, ["1"]);
});

Deno.test("another_schedule_makes_up_for_nothing", async () => {
  const { clock, fired, make } = given("2026-11-23T21:30:00Z");
  const timers = make();
  await timers.start(timer("daily"));
  clock.now += 3_600_000;
  await timers.start(timer("22:00"));
  await timers.tick();
  assert.deepEqual(fired, []);
});

Deno.test("it_is_late_by_a_part_of_the_delay", async () => {
  const { make } = given("2026-11-23T21:00:00Z");
  const timers = make(() => 0.5);
  await timers.start(timer("*:0/10", 60));
  assert.equal(await timers.tick(), 630_000);
});

Deno.test("a_clock_that_was_ahead_does_not_stop_it", async () => {
  const { clock, kept, make } = given("2026-11-23T21:00:00Z");
  kept.set("1", clock.now + 365 * 86_400_000);
  const timers = make();
  await timers.start(timer("*:0/10"));
  assert.equal(await timers.tick(), 600_000);
});

Deno.test("what_was_stopped_for_good_is_forgotten", async () => {
  const { clock, fired, kept, make } = given("2026-11-23T21:00:00Z");
  const timers = make();
  await timers.start(timer("*:0/10"));
  await timers.stop("1", true);
  clock.now += 3_600_000;
  assert.equal(await timers.tick(), undefined);
  assert.deepEqual([fired, kept.size], [[], 0]);
});

Deno.test("what_only_systemd_can_read_is_refused", async () => {
  const { make } = given("2026-11-23T21:00:00Z");
  await assert.rejects(() => make().start({ ...timer(""), schedule: "*-02~01" }), /schedule is "\*-02~01": /);
});
