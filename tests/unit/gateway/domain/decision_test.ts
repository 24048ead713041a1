import assert from "node:assert/strict";
import { MESSAGES } from "../../../../authz/message.ts";
import { deny, type DenyReason } from "../../../../gateway/domain/decision.ts";

Deno.test("only_who_did_not_log_in_gets_401_and_only_a_passing_trouble_503", async (test) => {
  const unauthenticated: DenyReason[] = [
    "credentials-missing",
    "credentials-malformed",
    "identity-unknown",
    "secret-wrong",
    "identity-disabled",
  ];
  for (const reason of Object.keys(MESSAGES) as DenyReason[]) {
    await test.step(reason, () => {
      const passing: Partial<Record<DenyReason, 429 | 503>> = {
        "facts-unavailable": 503,
        "grants-outdated": 503,
        "prune-running": 503,
        "too-many-attempts": 429,
      };
      const status = unauthenticated.includes(reason) ? 401 : passing[reason] ?? 403;
      assert.deepEqual(deny(reason), { allow: false, reason, status });
    });
  }
});
