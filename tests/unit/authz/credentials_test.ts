import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { parseCredentials } from "../../../authz/credentials.ts";
import type { DenyReason } from "../../../gateway/domain/decision.ts";

const basic = (text: string | Uint8Array): string => `Basic ${Buffer.from(text).toString("base64")}`;
const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

Deno.test("a_secret_is_hashed_as_the_bytes_that_came", async (test) => {
  const cases: [name: string, header: string, user: string, secret: string | Uint8Array][] = [
    ["node", basic("node/1:secret"), "node/1", "secret"],
    ["module", basic("module/dokuwiki1:secret"), "module/dokuwiki1", "secret"],
    ["colons_in_the_secret", basic("node/1:a:b:c"), "node/1", "a:b:c"],
    ["secret_is_a_colon", basic("node/1::"), "node/1", ":"],
    ["no_secret", basic("node/1:"), "node/1", ""],
    ["nul_in_the_secret", basic("node/1:secret\0junk"), "node/1", "secret\0junk"],
    ["line_feed_in_the_secret", basic("node/1:secret\n"), "node/1", "secret\n"],
    ["utf8_in_the_secret", basic("node/1:geheimnis\u00e4"), "node/1", "geheimnis\u00e4"],
    [
      "not_utf8_in_the_secret",
      basic(new Uint8Array([...Buffer.from("node/1:"), 0xff, 0xfe])),
      "node/1",
      new Uint8Array([0xff, 0xfe]),
    ],
    ["scheme_in_lower_case", basic("node/1:secret").replace("Basic", "basic"), "node/1", "secret"],
    ["scheme_in_upper_case", basic("node/1:secret").replace("Basic", "BASIC"), "node/1", "secret"],
    ["two_blanks", basic("node/1:secret").replace(" ", "  "), "node/1", "secret"],
    ["without_padding", basic("node/1:secret").replace(/=+$/, ""), "node/1", "secret"],
  ];
  for (const [name, header, user, secret] of cases) {
    await test.step(name, () => {
      const credentials = parseCredentials(header);
      assert.ok(typeof credentials !== "string", credentials as string);
      assert.equal(credentials.identity.name, user);
      assert.equal(credentials.digest.toHex(), sha256(secret));
    });
  }
});

Deno.test("what_names_no_identity_is_refused", async (test) => {
  const good = basic("node/1:secret");
  const cases: [name: string, header: string | undefined, reason: DenyReason][] = [
    ["none", undefined, "credentials-missing"],
    ["empty", "", "credentials-missing"],
    ["scheme_only", "Basic", "credentials-malformed"],
    ["scheme_and_a_blank", "Basic ", "credentials-malformed"],
    ["bearer", "Bearer abc", "credentials-malformed"],
    ["digest", `Digest username="node/1"`, "credentials-malformed"],
    ["no_blank", good.replace(" ", ""), "credentials-malformed"],
    ["tab", good.replace(" ", "\t"), "credentials-malformed"],
    ["before_the_scheme", ` ${good}`, "credentials-malformed"],
    ["longer_scheme", `X${good}`, "credentials-malformed"],
    ["two_headers_in_one", `${good}, ${good}`, "credentials-malformed"],
    ["something_behind", `${good} x`, "credentials-malformed"],
    ["line_feed_behind", `${good}\n`, "credentials-malformed"],
    ["three_pads", `${good.replace(/=+$/, "")}===`, "credentials-malformed"],
    ["pad_inside", `Basic bm9k=ZS8xOmE=`, "credentials-malformed"],
    ["base64url", "Basic bm9kZS8xOi_-", "credentials-malformed"],
    ["not_base64", "Basic !!!!", "credentials-malformed"],
    ["no_colon", basic("node/1"), "credentials-malformed"],
    ["empty_user", basic(":secret"), "identity-unknown"],
    ["no_kind", basic("dokuwiki1:secret"), "identity-unknown"],
    ["other_kind", basic("user/admin:secret"), "identity-unknown"],
    ["kind_in_upper_case", basic("Node/1:secret"), "identity-unknown"],
    ["node_without_number", basic("node/:secret"), "identity-unknown"],
    ["node_zero", basic("node/0:secret"), "identity-unknown"],
    ["node_with_leading_zero", basic("node/01:secret"), "identity-unknown"],
    ["node_with_blank", basic("node/1 :secret"), "identity-unknown"],
    ["node_with_line_feed", basic("node/1\n:secret"), "identity-unknown"],
    ["node_with_nul", basic("node/1\0:secret"), "identity-unknown"],
    ["module_without_digits", basic("module/dokuwiki:secret"), "identity-unknown"],
    ["module_of_digits_only", basic("module/1:secret"), "identity-unknown"],
    ["module_with_a_slash", basic("module/a/b1:secret"), "identity-unknown"],
    ["module_with_dots", basic("module/../node/1:secret"), "identity-unknown"],
    ["module_in_upper_case", basic("module/Dokuwiki1:secret"), "identity-unknown"],
    ["fullwidth_digit", basic("node/\uff11:secret"), "identity-unknown"],
  ];
  for (const [name, header, reason] of cases) {
    await test.step(name, () => assert.equal(parseCredentials(header), reason));
  }
});
