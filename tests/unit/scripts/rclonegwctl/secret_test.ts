import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseCredentials } from "../../../../authz/credentials.ts";
import { parseAclLine } from "../../../../gateway/redis/acl_line.ts";
import { digestOf, newSecret } from "../../../../scripts/rclonegwctl/secret.ts";

Deno.test("a_secret_has_256_bits_and_needs_no_quoting", () => {
  const secrets = Array.from({ length: 200 }, newSecret);
  for (const secret of secrets) {
    assert.match(secret, /^[A-Za-z0-9_-]{43}$/);
    assert.equal(Buffer.from(secret, "base64url").length, 32);
  }
  assert.equal(new Set(secrets).size, secrets.length);
});

Deno.test("every_bit_of_a_secret_varies", () => {
  const ones = new Array<number>(256).fill(0);
  for (let made = 0; made < 400; made++) {
    for (const [index, byte] of Buffer.from(newSecret(), "base64url").entries()) {
      for (let bit = 0; bit < 8; bit++) {
        ones[index * 8 + bit] = (ones[index * 8 + bit] ?? 0) + (byte >> bit & 1);
      }
    }
  }
  // Ten standard deviations: not met by chance.
  for (const [bit, count] of ones.entries()) {
    assert.ok(count > 100 && count < 300, `bit ${bit} was 1 ${count} times`);
  }
});

Deno.test("the_digest_is_what_the_sidecar_compares_with", () => {
  assert.equal(digestOf("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const secret = newSecret();
  const credentials = parseCredentials(`Basic ${Buffer.from(`node/1:${secret}`).toString("base64")}`);
  const account = parseAclLine(`user node/1 on #${digestOf(secret)} -@all`)?.account;
  assert.ok(typeof credentials !== "string");
  assert.deepEqual(account?.digests.map((digest) => digest.toHex()), [credentials.digest.toHex()]);
});
