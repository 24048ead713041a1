import assert from "node:assert/strict";
import { reloadWait } from "../../../../gateway/apply/reload_pace.ts";

Deno.test("reloads_slow_down_with_the_workers_they_leave_behind", () => {
  const cases: [oldWorkers: number, sinceLastMs: number, wait: number][] = [
    [0, 0, 0],
    [3, 0, 0],
    [4, 0, 30_000],
    [4, 10_000, 20_000],
    [4, 30_000, 0],
    [6, 0, 90_000],
  ];
  for (const [old, since, wait] of cases) assert.equal(reloadWait(old, since), wait, `${old}, ${since}`);
});

Deno.test("a_transfer_of_half_an_hour_survives_any_number_of_changes", async () => {
  const config = await Deno.readTextFile(new URL("../../../../gateway/haproxy/base.cfg", import.meta.url));
  const most = Number(/^ +mworker-max-reloads ([0-9]+)$/m.exec(config)?.[1]);
  // Changes all the time, and each reload leaves a worker that never ends.
  let elapsed = 0;
  for (let old = 0; old < most; old++) elapsed += reloadWait(old, 0);
  assert.ok(elapsed > 30 * 60_000, `${elapsed / 60_000} minutes`);
});
