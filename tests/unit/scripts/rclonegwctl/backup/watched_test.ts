import assert from "node:assert/strict";
import type { NodeBackupRun } from "../../../../../gateway/domain/backup_run.ts";
import { isOver, troubles } from "../../../../../scripts/rclonegwctl/backup/watched.ts";

const MODULES = new Map([["1", ["dokuwiki1", "dokuwiki2"]], ["2", ["mail1"]]]);
const ended = (node: string, code = 0): NodeBackupRun => ({
  node,
  state: "ended",
  started: 1,
  ended: 2,
  code,
});
const result = (module: string, node: string, success = true, because = "") => ({
  module,
  node,
  success,
  because,
});
const GOOD = [result("dokuwiki1", "1"), result("dokuwiki2", "1"), result("mail1", "2")];
const NOBODY = new Set<string>();
const runs = (...all: NodeBackupRun[]) => new Map(all.map((run) => [run.node, run]));

Deno.test("all_well_is_no_trouble", () => {
  assert.deepEqual(troubles({ runs: runs(ended("1"), ended("2")), results: GOOD }, MODULES, NOBODY), []);
});

Deno.test("a_module_that_failed_or_said_nothing_is_named", () => {
  const results = [result("dokuwiki1", "1", false, "backup failed: no"), result("mail1", "2")];
  assert.deepEqual(troubles({ runs: runs(ended("1", 1), ended("2")), results }, MODULES, NOBODY), [
    "node 1 failed (exit code 1)",
    "dokuwiki1 on node 1 failed: backup failed: no",
    "dokuwiki2 on node 1 has no result",
  ]);
});

Deno.test("a_node_that_could_not_be_asked_is_named", () => {
  const unknown: NodeBackupRun = { node: "2", state: "unknown", because: "it is away" };
  assert.deepEqual(
    troubles({ runs: runs(ended("1"), unknown), results: GOOD.slice(0, 2) }, MODULES, NOBODY),
    ["node 2 could not be asked: it is away", "mail1 on node 2 has no result"],
  );
});

Deno.test("a_host_that_started_anew_is_judged_by_what_its_modules_say", () => {
  const anew: NodeBackupRun = { node: "2", state: "none" };
  assert.deepEqual(troubles({ runs: runs(ended("1"), anew), results: GOOD }, MODULES, NOBODY), []);
});

Deno.test("it_is_over_when_no_node_runs_that_is_heard_of", () => {
  const running: NodeBackupRun = { node: "2", state: "running", started: 1 };
  const both = { runs: runs(ended("1"), running) };
  assert.equal(isOver(both, NOBODY), false);
  assert.equal(isOver(both, new Set(["2"])), true);
});
