import assert from "node:assert/strict";
import { withoutSecrets, withoutValues } from "../../../../gateway/rclone/without_secrets.ts";

Deno.test("a_known_secret_is_taken_out_in_every_form", async (test) => {
  const cases: [name: string, said: string, secrets: string[], left: string][] = [
    ["plain", "user nightly, pass abc", ["abc"], "user nightly, pass ***"],
    ["short", "pin 7 is wrong", ["7"], "pin *** is wrong"],
    ["longer_first", "abcdef", ["abc", "abcdef"], "***"],
    ["in_a_url", "GET http://x/a%20b%26c", ["a b&c"], "GET http://x/***"],
    ["in_a_form", "body a+b%26c", ["a b&c"], "body ***"],
    ["in_json", `{"x":"a\\"b"}`, [`a"b`], `{"x":"***"}`],
    ["empty", "abc", [""], "abc"],
    ["user_of_a_url", "http://me:pass@host/x", [], "http://***@host/x"],
    ["query_of_a_url", "http://host/x?sig=abc more", [], "http://host/x?*** more"],
  ];
  for (const [name, said, secrets, left] of cases) {
    await test.step(name, () => assert.equal(withoutValues(said, secrets), left));
  }
});

Deno.test("short_values_of_a_configuration_are_words", () => {
  const conf = "[x]\ntype = s3\nsecret_access_key = s3cr3t-key\n";
  assert.equal(withoutSecrets("s3: s3cr3t-key is wrong", conf), "s3: *** is wrong");
});
