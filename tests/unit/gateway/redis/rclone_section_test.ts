import assert from "node:assert/strict";
import { parseRcloneSection } from "../../../../gateway/redis/rclone_section.ts";

Deno.test("a_section_is_read_as_rclone_reads_it", async (test) => {
  const cases: [name: string, text: string, parameters: [string, string][]][] = [
    ["plain", "[x]\ntype = s3\nprovider = Minio\n", [["type", "s3"], ["provider", "Minio"]]],
    ["no_newline_at_the_end", "[x]\ntype = s3", [["type", "s3"]]],
    ["no_blanks", "[x]\ntype=s3", [["type", "s3"]]],
    ["many_blanks", "  [x]  \n\n\t type \t=  s3  \n", [["type", "s3"]]],
    ["crlf", "[x]\r\ntype = s3\r\nregion = r\r\n", [["type", "s3"], ["region", "r"]]],
    ["comments", "# a\n[x]\n; b\ntype = s3\n#key = value\n", [["type", "s3"]]],
    ["equals_in_a_value", "[x]\npass = a=b==\n", [["pass", "a=b=="]]],
    ["semicolon_in_a_value", "[x]\npass = a;b ; c\n", [["pass", "a;b ; c"]]],
    ["hash_in_a_value", "[x]\npass = a#b # c\n", [["pass", "a#b # c"]]],
    ["brackets_in_a_value", "[x]\npass = [a]\n", [["pass", "[a]"]]],
    ["backslash_at_the_end", "[x]\npass = a\\\ntype = s3\n", [["pass", "a\\"], ["type", "s3"]]],
    ["quotes", `[x]\npass = "a"\n`, [["pass", `"a"`]]],
    ["json", `[x]\ntoken = {"access_token":"x=","expiry":"2024-01-01T00:00:00Z"}\n`, [[
      "token",
      `{"access_token":"x=","expiry":"2024-01-01T00:00:00Z"}`,
    ]]],
    ["number", "[x]\nchunk = 007\n", [["chunk", "007"]]],
    ["empty_value", "[x]\npass =\n", [["pass", ""]]],
    ["blank_in_backticks", "[x]\npass = ` a `\n", [["pass", " a "]]],
    ["blank_in_three_quotes", `[x]\npass = """ a\`b"""\n`, [["pass", " a`b"]]],
    ["one_backtick", "[x]\npass = `\n", [["pass", "`"]]],
    ["backtick_inside", "[x]\npass = a`b\n", [["pass", "a`b"]]],
    ["nothing_in_backticks", "[x]\npass = ``\n", [["pass", ""]]],
    ["order_is_kept", "[x]\nb = 1\na = 2\n", [["b", "1"], ["a", "2"]]],
    ["name_of_a_prototypes_property", "[x]\n__proto__ = 1\n", [["__proto__", "1"]]],
  ];
  for (const [name, text, parameters] of cases) {
    await test.step(name, () => assert.deepEqual(parseRcloneSection(text), parameters));
  }
});

Deno.test("what_is_not_one_section_is_refused_without_a_word_of_it", async (test) => {
  const cases: [name: string, text: string, message: RegExp][] = [
    ["empty", "", /empty/],
    ["header_only", "[x]\n", /empty/],
    ["comment_only", "# s3cr3t = 1\n", /empty/],
    ["two_sections", "[x]\ntype = s3\n[y]\npass = s3cr3t\n", /more than one/],
    ["two_headers", "[x]\n[y]\npass = s3cr3t\n", /more than one/],
    ["no_equals", "[x]\ns3cr3t\n", /line 2/],
    ["colon", "[x]\npass: s3cr3t\n", /line 2/],
    ["no_key", "[x]\n= s3cr3t\n", /line 2/],
    ["blank_in_a_key", "[x]\ntype = s3\na s3cr3t = 1\n", /line 3/],
    ["dotted_key", "[x]\nglobal.s3cr3t = 1\n", /line 2/],
    ["quoted_key", "[x]\n`s3cr3t` = 1\n", /line 2/],
    ["open_backtick", "[x]\npass = `s3cr3t\n", /line 2/],
    ["open_three_quotes", `[x]\npass = """s3cr3t\n`, /line 2/],
    ["value_over_two_lines", "[x]\npass = `a\ns3cr3t`\n", /line 2/],
  ];
  for (const [name, text, message] of cases) {
    await test.step(name, () => {
      assert.throws(
        () => parseRcloneSection(text),
        (error: Error) => message.test(error.message) && !error.message.includes("s3cr3t"),
      );
    });
  }
});
