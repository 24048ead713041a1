import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRcloneSection } from "../../../../gateway/redis/rclone_section.ts";
import { renderRcloneConf } from "../../../../gateway/render/rclone_conf.ts";

const render = (...parameters: [string, string][]): string => renderRcloneConf("x", { parameters, path: "" });

Deno.test("a_value_is_written_so_that_rclone_reads_it_back", async (test) => {
  const cases: [name: string, value: string, written: string][] = [
    ["plain", "abc", "abc"],
    ["empty", "", ""],
    ["blank_inside", "a b", "a b"],
    ["blank_before", " a", "` a`"],
    ["blank_behind", "a ", "`a `"],
    ["blank_only", " ", "` `"],
    ["no_break_space_before", "\u00a0a", "`\u00a0a`"],
    ["semicolon", "a;b", "a;b"],
    ["semicolon_before", ";a", ";a"],
    ["hash_before", "#a", "#a"],
    ["equals", "=a=b", "=a=b"],
    ["colon", "a:b", "a:b"],
    ["brackets", "[a]", "[a]"],
    ["backslash", "a\\", "a\\"],
    ["quotes", `"a"`, `"a"`],
    ["three_quotes_before", `"""a"""`, '`"""a"""`'],
    ["three_quotes_behind", `a"""`, `a"""`],
    ["backtick_before", "`a", '"""`a"""'],
    ["backtick_inside", "a`b", "a`b"],
    ["backticks_and_blank", " `a` ", '""" `a` """'],
    ["percent", "100%", "100%"],
    ["percent_and_parenthesis", "%(a", "%(a"],
    ["percent_parentheses_without_s", "%(a)x", "%(a)x"],
    ["number_like", "007", "007"],
    ["umlaut", "\u00e4\u00f6", "\u00e4\u00f6"],
  ];
  for (const [name, value, written] of cases) {
    await test.step(name, () => assert.equal(render(["pass", value]), `[x]\npass = ${written}\n`));
  }
});

Deno.test("what_cannot_be_written_is_refused_without_the_value", async (test) => {
  const cases: [name: string, key: string, value: string][] = [
    ["line_feed", "pass", "s3cr3t\nssh = evil"],
    ["carriage_return", "pass", "s3cr3t\rx"],
    ["line_feed_at_the_end", "pass", "s3cr3t\n"],
    ["nul", "pass", "s3cr3t\0"],
    ["tab", "pass", "s3cr3t\t"],
    ["delete", "pass", "s3cr3t\x7f"],
    ["next_line", "pass", "s3cr3t\u0085"],
    ["line_separator", "pass", "s3cr3t\u2028"],
    ["paragraph_separator", "pass", "s3cr3t\u2029"],
    ["interpolation", "pass", "s3cr3t%(type)s"],
    ["empty_interpolation", "pass", "s3cr3t%()s"],
    ["every_quote_and_a_quote_behind", "pass", ' s3cr3t`"'],
    ["every_quote", "pass", ' s3cr3t`"""x'],
    ["empty_key", "", "s3cr3t"],
    ["blank_in_a_key", "a b", "s3cr3t"],
    ["line_feed_in_a_key", "a\nb", "s3cr3t"],
    ["equals_in_a_key", "a=b", "s3cr3t"],
    ["bracket_in_a_key", "[y]", "s3cr3t"],
    ["dotted_key", "global.http_proxy", "s3cr3t"],
    ["dash_as_a_key", "-", "s3cr3t"],
    ["hash_before_a_key", "#a", "s3cr3t"],
  ];
  for (const [name, key, value] of cases) {
    await test.step(name, () => {
      assert.throws(
        () => render(["type", "s3"], [key, value]),
        (error: Error) => error.message.startsWith("Cannot write ") && !error.message.includes("s3cr3t"),
      );
    });
  }
});

Deno.test("a_sections_name_cannot_open_another", () => {
  for (const section of ["", "a]", "a\n[b", "a b", "[a", "a:b", "a.b"]) {
    assert.throws(
      () => renderRcloneConf(section, { parameters: [["type", "s3"]], path: "" }),
      /Cannot write section/,
    );
  }
});

Deno.test("whatever_is_written_is_read_back_the_same", () => {
  const nasty = fc.array(
    fc.constantFrom(
      "a",
      " ",
      "`",
      '"',
      '"""',
      "=",
      ":",
      ";",
      "#",
      "[",
      "]",
      "%",
      "(",
      ")",
      "s",
      "\\",
      "\n",
      "\u00a0",
    ),
    { maxLength: 8 },
  ).map((parts) => parts.join(""));
  let written = 0;
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/), fc.oneof(nasty, fc.string()), (key, value) => {
      let text: string;
      try {
        text = render(["type", "s3"], [key, value], ["last", "x"]);
      } catch {
        return;
      }
      written++;
      assert.deepEqual(parseRcloneSection(text), [["type", "s3"], [key, value], ["last", "x"]]);
    }),
    { numRuns: 10_000, seed: 4694 },
  );
  assert.ok(written > 5000, `only ${written} of the made-up values were written`);
});
