import assert from "node:assert/strict";
import { renderMetrics } from "../../../../backup/metrics/render.ts";
import { type BackupState, emptyState } from "../../../../backup/run/state.ts";
import { givenStatus } from "../status_given.ts";

const values = (state: BackupState): string[] =>
  renderMetrics(state).split("\n").filter((line) => line !== "" && !line.startsWith("#"));

Deno.test("a_backup_that_has_never_come_to_a_verdict_has_none", () => {
  assert.deepEqual(values({ ...emptyState("1", "Night"), state: "running" }), [
    'node_backup_state{id="1",name="Night"} -1',
  ]);
});

Deno.test("the_status_is_as_nethserver_8_writes_it", () => {
  assert(
    renderMetrics({ ...emptyState("7", 'The "night"'), well: true }).startsWith(
      "# HELP node_backup_status Status of the backup (0 = failure, 1 = success)\n" +
        "# TYPE node_backup_status gauge\n" +
        'node_backup_status{id="7",name="The \\"night\\""} 1\n',
    ),
  );
});

Deno.test("a_run_on_its_way_leaves_the_last_verdict_alone", () => {
  for (const [state, number] of [["running", -1], ["waiting", 2], ["idle", 0]] as const) {
    for (const well of [true, false]) {
      assert.deepEqual(values({ ...emptyState("1", "x"), state, well }), [
        `node_backup_status{id="1",name="x"} ${well ? 1 : 0}`,
        `node_backup_state{id="1",name="x"} ${number}`,
      ]);
    }
  }
});

Deno.test("each_module_has_its_figures_and_what_is_unknown_has_none", () => {
  const lines = values({
    ...emptyState("1", "x"),
    modules: {
      mail1: givenStatus({
        steps: {
          backup: { kind: "done" },
          prune: { kind: "held", because: "?" },
          manifest: { kind: "done" },
        },
      }),
      a2: {
        ...givenStatus({
          total_size: -1,
          added: 0,
          oldest_lock: -1,
          steps: { backup: { kind: "failed", because: "?" } },
        }),
        snapshot: undefined,
      } as never,
    },
    verified: { mail1: { at: 900 }, a2: { failed: "a pack is gone" } },
  });
  const of = (module: string): string[] =>
    lines.filter((line) => line.includes(`module="${module}"`)).map((line) =>
      line.replace(`id="1",name="x",module="${module}"`, "")
    );
  assert.deepEqual(of("mail1"), [
    "node_backup_module_status{} 1",
    "node_backup_module_snapshot_timestamp_seconds{} 1050",
    "node_backup_module_added_bytes{} 100",
    "node_backup_module_size_bytes{} 5000",
    "node_backup_module_duration_seconds{} 60",
    "node_backup_module_oldest_lock_seconds{} 0",
    'node_backup_module_held{,step="prune"} 1',
    "node_backup_module_verified_timestamp_seconds{} 900",
    "node_backup_module_verify_status{} 1",
  ]);
  assert.deepEqual(of("a2"), [
    "node_backup_module_status{} 0",
    "node_backup_module_added_bytes{} 0",
    "node_backup_module_duration_seconds{} 60",
    "node_backup_module_verify_status{} 0",
  ]);
});
