import assert from "node:assert/strict";
import fc from "fast-check";
import { Accounts } from "../../../../gateway/redis/accounts.ts";
import { type Account, parseAclLine } from "../../../../gateway/redis/acl_line.ts";

const A = "ab".repeat(32);
const B = "0123456789abcdef".repeat(4);

function given(lines: readonly string[], accounts = new Accounts()): Accounts {
  for (const line of lines) {
    // In the midst of other bytes, as it comes from Redis.
    const bytes = new TextEncoder().encode(`#${line}#`);
    accounts.add(bytes, 1, bytes.length - 1);
  }
  return accounts;
}

const said = (account: Account | undefined) =>
  account === undefined ? undefined : [account.enabled, account.digests.map((each) => each.toHex())];

Deno.test("a_user_of_several_lines_holds_all_digests_unless_one_says_off", () => {
  const accounts = given([
    `user u on #${A}`,
    "garbage",
    `user v on #${A}`,
    `user u on #${B}`,
    `user v off #${B}`,
    `user w off #${A}`,
    `user w on #${B}`,
    `user x on #${A} nopass`,
    `user x on #${B}`,
  ]);
  assert.deepEqual(said(accounts.get("u")), [true, [A, B]]);
  assert.deepEqual(said(accounts.get("v")), [false, [A, B]]);
  assert.deepEqual(said(accounts.get("w")), [false, [A, B]]);
  assert.deepEqual(said(accounts.get("x")), [true, [B]]);
  assert.equal(accounts.get("garbage"), undefined);
});

Deno.test("a_user_may_have_the_name_of_something_else", () => {
  const accounts = given([`user __proto__ on #${A}`, `user constructor on #${A}`]);
  assert.deepEqual(said(accounts.get("__proto__")), [true, [A]]);
  assert.deepEqual(said(accounts.get("constructor")), [true, [A]]);
  assert.equal(accounts.get("toString"), undefined);
  assert.equal(accounts.get(""), undefined);
});

Deno.test("it_is_empty_until_there_is_a_user", () => {
  assert.equal(new Accounts().empty, true);
  assert.equal(given(["", "user", "nonsense", "user ", "\0"]).empty, true);
  assert.equal(given(["user u"]).empty, false);
});

Deno.test("a_line_means_what_parse_acl_line_says", () => {
  const digest = fc.stringMatching(/^[0-9a-fA-F]{64}$/).map((hex) => `#${hex}`);
  const rule = fc.oneof(
    fc.constantFrom(
      "on",
      "off",
      "nopass",
      "ON",
      "~*",
      "+@all",
      "#",
      "é",
      "\u00a0",
      "#" + "g".repeat(64),
      "onn",
    ),
    digest,
    digest.map((each) => each.slice(1)),
    digest.map((each) => each + "0"),
    digest.map((each) => "é" + each.slice(2)),
    fc.string(),
  );
  const blank = fc.constantFrom(" ", "  ", "\t", "\r\n", "\v", "\f", "\u00a0", "\u3000", "\ufeff", "\x1c");
  const name = fc.constantFrom("module/dokuwiki1", "module/dokuwiki11", "node/1", "ü", "on", "user");
  const line = fc.tuple(
    fc.constantFrom("user", "user", "user", "user", "User", "users", ""),
    blank,
    name,
    fc.array(fc.tuple(blank, rule), { maxLength: 5 }),
    fc.constantFrom("", " ", "\n"),
  ).map(([word, gap, name, rules, end]) => word + gap + name + rules.flat().join("") + end);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const expected = new Map<string, Account>();
      for (const line of lines) {
        // What a string cannot hold in UTF-8 does not come from Redis.
        const parsed = parseAclLine(new TextDecoder().decode(new TextEncoder().encode(line)));
        if (parsed === undefined) continue;
        const known = expected.get(parsed.name);
        expected.set(parsed.name, {
          enabled: (known?.enabled ?? true) && parsed.account.enabled,
          digests: [...known?.digests ?? [], ...parsed.account.digests],
        });
      }
      const accounts = given(lines);
      assert.equal(accounts.empty, expected.size === 0);
      for (const [name, account] of expected) assert.deepEqual(said(accounts.get(name)), said(account));
      for (const name of ["module/dokuwiki1", "module/dokuwiki11", "node/1", "ü", "x"]) {
        assert.deepEqual(said(accounts.get(name)), said(expected.get(name)));
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("100000_users_are_all_found_in_less_than_10_mib", () => {
  const digest = (index: number): string => index.toString(16).padStart(64, "0");
  const lines = Array.from(
    { length: 100_000 },
    (_, index) => `user module/idle${index} on #${digest(index)} ~cluster/* resetchannels -@all +@read`,
  );
  const first = given(lines);
  const again = given(lines, new Accounts(first.room));
  for (const accounts of [first, again]) {
    const { bytes, slots } = accounts.room;
    assert.ok(bytes + 4 * slots < 10 * 2 ** 20, `${bytes} + 4 × ${slots}`);
    for (let index = 0; index < lines.length; index += 97) {
      assert.deepEqual(said(accounts.get(`module/idle${index}`)), [true, [digest(index)]]);
    }
    assert.equal(accounts.get("module/idle100000"), undefined);
    assert.equal(accounts.get("module/idle"), undefined);
  }
});
