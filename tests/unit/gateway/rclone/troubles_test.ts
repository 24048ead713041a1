import assert from "node:assert/strict";
import { Troubles } from "../../../../gateway/rclone/troubles.ts";

/** Troubles over a storage that answers while `up`; `pass` lets what was put off happen. */
function given() {
  const storage = { up: false, asked: 0 };
  const log: string[] = [];
  let now = 1000;
  let put: { what: () => void; milliseconds: number } | undefined;
  const troubles = new Troubles({
    answers: () => (storage.asked++, Promise.resolve(storage.up)),
    log: (message) => log.push(message),
    now: () => now,
    later: (what, milliseconds) => void (put = { what, milliseconds }),
  });
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
  return {
    storage,
    log,
    troubles,
    settle,
    async pass(): Promise<number> {
      const { what, milliseconds } = put ?? { what: () => {}, milliseconds: -1 };
      put = undefined;
      now += milliseconds;
      what();
      await settle();
      return milliseconds;
    },
  };
}

Deno.test("a_storage_that_fails_is_failing_until_it_answers", async () => {
  const { storage, log, troubles, settle, pass } = given();
  for (let time = 0; time < 50; time++) troubles.failed("d.1");
  await settle();
  assert.equal(storage.asked, 1, "however many requests fail");
  assert.deepEqual({ ...troubles.of("d.1"), because: "" }, { since: 1000, retryAt: 2000, because: "" });
  assert.deepEqual([await pass(), await pass(), await pass()], [1000, 2000, 4000]);
  assert.equal(troubles.of("d.1")?.since, 1000);
  for (let time = 0; time < 10; time++) await pass();
  assert.equal(await pass(), 60_000);
  storage.up = true;
  await pass();
  assert.equal(troubles.of("d.1"), undefined);
  assert.equal(await pass(), -1, "nobody asks any more");
  assert.equal(log.length, 2);
});

Deno.test("one_failure_of_a_storage_that_answers_is_none_of_its_state", async () => {
  const { storage, log, troubles, settle } = given();
  storage.up = true;
  troubles.failed("d.1");
  await settle();
  assert.equal(troubles.of("d.1"), undefined);
  troubles.failed("d.1");
  await settle();
  assert.equal(storage.asked, 2);
  assert.deepEqual(log, []);
});
