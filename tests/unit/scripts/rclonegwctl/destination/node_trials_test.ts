import assert from "node:assert/strict";
import { notTried } from "../../../../../gateway/domain/node_trial.ts";
import { nodesNamed, refusals, worksOn } from "../../../../../scripts/rclonegwctl/destination/node_trials.ts";

const OK = { list: "ok", write: "ok", delete: "ok" } as const;

Deno.test("only_a_node_that_has_tried_speaks_against_a_destination", () => {
  const trials = [
    { node: "1", ...OK },
    { node: "2", ...OK, write: "failed", delete: "not-tried" } as const,
    { node: "3", ...notTried("its gateway does not answer") },
    { node: "4", list: "failed", write: "not-tried", delete: "not-tried" } as const,
    { node: "5", ...OK, delete: "failed" } as const,
  ];
  assert.deepEqual(refusals(trials), [
    "node 2: write failed (the credentials may only read there, or the storage is full)",
    "node 4: list failed (the bucket, share or folder has to exist, and the credentials to be right)",
    "node 5: delete failed (backups could never be pruned there)",
  ]);
  assert.deepEqual(worksOn(trials), ["1"]);
  assert.deepEqual(refusals([{ node: "1", ...OK }, { node: "3", ...notTried("x") }]), []);
});

Deno.test("nodes_are_named", () => {
  assert.equal(nodesNamed(["2"]), "node 2");
  assert.equal(nodesNamed(["2", "3"]), "nodes 2, 3");
});
