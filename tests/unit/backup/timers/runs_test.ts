import assert from "node:assert/strict";
import { backupApp } from "../../../../backup/timers/backup_app.ts";
import { Runs } from "../../../../backup/timers/runs.ts";

function given() {
  const ends: ((code: number) => void)[] = [];
  const running = new Map<string, number>();
  let now = 1000;
  const runs = new Runs(
    {
      run: (id) => {
        if (id === "3") return Promise.reject(new Error("there is no such unit"));
        return new Promise((resolve) => ends.push(resolve));
      },
      runningSince: (id) => Promise.resolve(running.get(id)),
    },
    () => {},
    () => now++,
  );
  const app = backupApp({
    runs,
    isKnown: (id) => id === "9" ? Promise.reject(new Error("away")) : Promise.resolve(id !== "8"),
  });
  const ask = async (method: string, path: string): Promise<[number, unknown]> => {
    const answer = await app.request(path, { method });
    const text = await answer.text();
    return [answer.status, answer.status === 200 ? JSON.parse(text) : text];
  };
  return { ends, running, ask };
}

Deno.test("a_backup_is_started_once_and_its_end_is_told", async () => {
  const { ends, ask } = given();
  assert.deepEqual(await ask("GET", "/backups/1"), [200, { state: "none" }]);
  const started = await ask("POST", "/backups/1/run");
  assert.deepEqual(started, [200, { state: "running", started: 1000 }]);
  assert.deepEqual(await ask("POST", "/backups/1/run"), started);
  assert.deepEqual(await ask("GET", "/backups/1"), started);
  assert.equal(ends.length, 1);
  ends[0]?.(1);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(await ask("GET", "/backups/1"), [200, {
    state: "ended",
    started: 1000,
    ended: 1001,
    code: 1,
  }]);
});

Deno.test("a_run_that_somebody_else_has_started_is_told", async () => {
  const { running, ask } = given();
  running.set("2", 900);
  assert.deepEqual(await ask("GET", "/backups/2"), [200, { state: "running", started: 900 }]);
  assert.deepEqual(await ask("POST", "/backups/2/run"), [200, { state: "running", started: 900 }]);
  assert.deepEqual(await ask("GET", "/backups/2"), [200, { state: "running", started: 900 }]);
});

Deno.test("what_cannot_be_started_has_failed", async () => {
  const { ask } = given();
  await ask("POST", "/backups/3/run");
  await new Promise((resolve) => setTimeout(resolve, 0));
  const [, run] = await ask("GET", "/backups/3");
  assert.deepEqual(run, { state: "ended", started: 1000, ended: 1001, code: 1 });
});

Deno.test("what_is_not_known_is_not_started", async () => {
  const { ends, ask } = given();
  assert.equal((await ask("POST", "/backups/8/run"))[0], 404);
  assert.equal((await ask("POST", "/backups/x/run"))[0], 404);
  assert.equal((await ask("POST", "/backups/0/run"))[0], 404);
  assert.equal((await ask("POST", "/backups/9/run"))[0], 503);
  assert.equal((await ask("GET", "/backups/1/run"))[0], 404);
  assert.equal(ends.length, 0);
});
