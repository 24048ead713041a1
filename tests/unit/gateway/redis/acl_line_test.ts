import assert from "node:assert/strict";
import { parseAclLine } from "../../../../gateway/redis/acl_line.ts";

const A = "ab".repeat(32);
const B = "0123456789abcdef".repeat(4);

Deno.test("a_line_gives_a_name_whether_it_is_on_and_its_digests", async (test) => {
  const cases: [name: string, line: string, enabled: boolean, digests: string[]][] = [
    ["as_redis_prints_it", `user u on sanitize-payload #${A} ~* resetchannels &* +@all`, true, [A]],
    ["several_digests", `user u on #${A} #${B} -@all`, true, [A, B]],
    ["same_digest_twice", `user u on #${A} #${A}`, true, [A, A]],
    ["off", `user u off #${A}`, false, [A]],
    ["neither_on_nor_off", `user u #${A}`, false, [A]],
    ["on_then_off", `user u on off #${A}`, false, [A]],
    ["nopass", "user u on nopass ~* +@all", true, []],
    ["nopass_before_a_digest", `user u on nopass #${A}`, true, []],
    ["nopass_after_a_digest", `user u on #${A} nopass`, true, []],
    ["no_digest", "user u on ~*", true, []],
    ["digest_in_upper_case", `user u on #${A.toUpperCase()}`, true, [A]],
    ["digest_of_63_digits", `user u on #${A.slice(1)}`, true, []],
    ["digest_of_65_digits", `user u on #${A}0`, true, []],
    ["digest_with_a_letter_g", `user u on #g${A.slice(1)}`, true, []],
    ["digest_without_a_hash_sign", `user u on ${A}`, true, []],
    ["password_in_the_clear", "user u on >secret", true, []],
    ["digest_that_is_removed", `user u on !${A}`, true, []],
    ["on_as_part_of_a_word", `user u only #${A}`, false, [A]],
    ["more_blanks", `  user   u\ton  #${A}  \r\n`, true, [A]],
  ];
  for (const [name, line, enabled, digests] of cases) {
    await test.step(name, () => {
      const parsed = parseAclLine(line);
      assert.equal(parsed?.name, "u");
      assert.equal(parsed.account.enabled, enabled);
      assert.deepEqual(parsed.account.digests.map((digest) => digest.toHex()), digests);
    });
  }
});

Deno.test("what_is_not_a_line_is_undefined", async (test) => {
  for (
    const line of ["", " ", "user", "user ", "u on", `User u on #${A}`, `#${A}`, `users u on #${A}`, "\0"]
  ) {
    await test.step(JSON.stringify(line), () => assert.equal(parseAclLine(line), undefined));
  }
});
