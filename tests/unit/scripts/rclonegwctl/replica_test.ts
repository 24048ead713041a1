import assert from "node:assert/strict";
import type { ReplicaStatus } from "../../../../gateway/domain/replica.ts";
import { tellReplica } from "../../../../scripts/rclonegwctl/replica.ts";

Deno.test("a_replica_that_is_not_well_is_told_in_capitals_with_what_follows", async (test) => {
  const refused = "what needs a restore grant gets 503; the rest goes on";
  const cases: [name: string, status: Omit<ReplicaStatus, "maxSeconds">, line: string][] = [
    ["leader", { role: "leader", restoreGrants: "in-force" }, "none: what is read is the leader itself"],
    [
      "well",
      { role: "replica", link: "up", heardSecondsAgo: 3, restoreGrants: "in-force" },
      "link up, the leader was heard 3 s ago",
    ],
    [
      "down_for_a_moment",
      { role: "replica", link: "down", heardSecondsAgo: 12, restoreGrants: "in-force", because: "down" },
      "LINK DOWN: down; restore grants stand 18 s longer; the rest goes on",
    ],
    [
      "down_for_long",
      { role: "replica", link: "down", heardSecondsAgo: 31, restoreGrants: "refused", because: "down" },
      `LINK DOWN: down; ${refused}`,
    ],
    [
      "silent",
      { role: "replica", link: "up", heardSecondsAgo: 31, restoreGrants: "refused", because: "silent" },
      `LINK SILENT: silent; ${refused}`,
    ],
    [
      "unknown",
      { role: "unknown", restoreGrants: "refused", because: "NOPERM" },
      `UNKNOWN: NOPERM; ${refused}`,
    ],
  ];
  for (const [name, status, line] of cases) {
    await test.step(name, () => assert.equal(tellReplica({ ...status, maxSeconds: 30 }), line));
  }
});
