import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { authenticate } from "../../../authz/authenticate.ts";
import type { DenyReason } from "../../../gateway/domain/decision.ts";
import type { Account } from "../../../gateway/redis/acl_line.ts";

const digest = (byte: number): Buffer => Buffer.alloc(32, byte);
const ZERO = digest(0);

Deno.test("only_a_digest_of_an_enabled_account_is_a_yes", async (test) => {
  const cases: [name: string, account: Account | undefined, given: Buffer, login: "yes" | DenyReason][] = [
    ["right", { enabled: true, digests: [digest(1)] }, digest(1), "yes"],
    ["first_of_two", { enabled: true, digests: [digest(1), digest(2)] }, digest(1), "yes"],
    ["last_of_two", { enabled: true, digests: [digest(1), digest(2)] }, digest(2), "yes"],
    ["wrong", { enabled: true, digests: [digest(1), digest(2)] }, digest(3), "secret-wrong"],
    ["no_digest", { enabled: true, digests: [] }, digest(1), "secret-wrong"],
    ["no_digest_and_zero_bytes", { enabled: true, digests: [] }, ZERO, "secret-wrong"],
    ["disabled", { enabled: false, digests: [digest(1)] }, digest(1), "identity-disabled"],
    ["disabled_and_wrong", { enabled: false, digests: [digest(1)] }, digest(2), "secret-wrong"],
    ["unknown", undefined, digest(1), "identity-unknown"],
    // What an unknown user is compared with must not let anybody in.
    ["unknown_and_zero_bytes", undefined, ZERO, "identity-unknown"],
    [
      "last_bit",
      { enabled: true, digests: [digest(1)] },
      Buffer.from([...digest(1).subarray(0, 31), 0]),
      "secret-wrong",
    ],
  ];
  for (const [name, account, given, login] of cases) {
    await test.step(name, () => assert.equal(authenticate(account, given), login));
  }
});
