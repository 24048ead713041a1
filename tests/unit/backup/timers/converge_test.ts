import assert from "node:assert/strict";
import { converge } from "../../../../backup/timers/converge.ts";
import type { Timer, WantedTimer } from "../../../../backup/timers/timer.ts";
import { uuid } from "../../given.ts";

type Keys = Record<string, Record<string, string>>;

const backup = (more: Record<string, string> = {}): Record<string, string> => ({
  repository: uuid("a"),
  schedule: "daily",
  enabled: "1",
  instances: "dokuwiki1",
  retention: "7",
  ...more,
});

async function converged(keys: Keys, existing: Timer[] = [], refused: string[] = []) {
  const done: string[] = [];
  const logged: string[] = [];
  const failures = await converge({
    redis: {
      hGetAll: (key) => Promise.resolve(keys[key] ?? {}),
      exists: (key) => Promise.resolve(key in keys ? 1 : 0),
      async *scanIterator() {
        yield Object.keys(keys).filter((key) => key.startsWith("cluster/backup/"));
      },
    },
    timers: {
      list: () => Promise.resolve(existing),
      start: ({ id, schedule }: WantedTimer) => {
        if (refused.includes(id)) return Promise.reject(new Error("no such schedule"));
        done.push(`start ${id} ${schedule}`);
        return Promise.resolve();
      },
      stop: (id, forget) => Promise.resolve(void done.push(`stop ${id}${forget ? " for good" : ""}`)),
    },
    removeOthers: (keep) => {
      done.push(`keep ${keep.join()}`);
      return Promise.resolve([]);
    },
    log: (message) => void logged.push(message),
  });
  return { failures, done, logged };
}

Deno.test("timers_become_what_redis_wants", async () => {
  const { failures, done } = await converged(
    { "cluster/backup/1": backup(), "cluster/backup/2": backup({ enabled: "" }) },
    [{ id: "2", description: "" }, { id: "3", description: "" }],
  );
  assert.deepEqual(done, ["stop 2", "stop 3 for good", "start 1 daily", "keep 1,2"]);
  assert.equal(failures, 0);
});

Deno.test("one_that_is_refused_does_not_keep_the_others_from_theirs", async () => {
  const keys = { "cluster/backup/1": backup(), "cluster/backup/2": backup() };
  const { failures, done, logged } = await converged(keys, [], ["1"]);
  assert.deepEqual([failures, done], [1, ["start 2 daily", "keep 1,2"]]);
  assert.match(logged.join("\n"), /Cannot change the timer of backup 1: no such schedule/);
});

Deno.test("a_broken_definition_is_told_and_keeps_its_timer_and_metrics", async () => {
  const { failures, done, logged } = await converged(
    { "cluster/backup/1": backup({ retention: "x" }) },
    [{ id: "1", description: "" }],
  );
  assert.deepEqual([failures, done], [1, ["keep 1"]]);
  assert.match(logged.join("\n"), /Cannot use the definition of backup 1: "keep-last=x"/);
});

Deno.test("a_redis_without_the_clusters_data_takes_no_timer_away", async () => {
  await assert.rejects(() => converged({}, [{ id: "1", description: "" }]), /cluster\/acls is empty/);
  const { done } = await converged({ "cluster/acls": {} }, [{ id: "1", description: "" }]);
  assert.deepEqual(done, ["stop 1 for good", "keep "]);
});
