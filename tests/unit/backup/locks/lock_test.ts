import assert from "node:assert/strict";
import { isDead, parseLock } from "../../../../backup/locks/lock.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z") / 1000;

Deno.test("a_lock_is_read_as_restic_prints_it", () => {
  const text = '{"time":"2026-11-23T13:00:00.123456789+01:00","exclusive":true,"hostname":"vm","pid":1}';
  assert.deepEqual(parseLock(text), { time: NOW + 0.123, host: "vm" });
  for (const none of ["", "null", "[]", "{}", '{"time":"yesterday","hostname":"vm"}', '{"time":1}']) {
    assert.equal(parseLock(none), undefined);
  }
});

Deno.test("a_lock_is_dead_if_a_run_of_this_host_made_it_or_if_it_is_dated_ahead", async (test) => {
  const cases: [name: string, lock: { time: number; host: string }, dead: boolean][] = [
    ["a run's of this host", { time: NOW, host: "run-vm" }, true],
    ["a run's of another host", { time: NOW, host: "run-other" }, false],
    ["somebody else's on this host", { time: NOW, host: "vm" }, false],
    ["somebody else's, old: restic's to judge", { time: NOW - 86_400, host: "vm" }, false],
    ["from a clock that is ahead", { time: NOW + 200, host: "other" }, false],
    ["dated a year ahead", { time: NOW + 365 * 86_400, host: "other" }, true],
  ];
  for (const [name, lock, dead] of cases) {
    await test.step(name, () => assert.equal(isDead(lock, "run-vm", NOW), dead));
  }
});
