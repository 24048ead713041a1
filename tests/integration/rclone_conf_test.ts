import assert from "node:assert/strict";
import { renderRcloneConf } from "../../gateway/render/rclone_conf.ts";
import { parseRcloneSection } from "../../gateway/redis/rclone_section.ts";
import { IMAGES, makeFolder, run } from "./harness/podman.ts";

/** What is hard to carry through an INI file, by what is hard about it. */
const VALUES: Readonly<Record<string, string>> = {
  plain: "secret",
  semicolon: "a;b ; c",
  hash: "#a#b # c",
  equals: "=a=b==",
  colon: "a:b:",
  percent: "100%d %s %%",
  quotes: `"a" 'b'`,
  quote_first: `"a`,
  triple_quote_first: `"""a`,
  backtick_first: "`a",
  backtick_inside: "a`b`",
  bracket_first: "[section]",
  blanks_around: "  a  ",
  tab_inside_is_refused_elsewhere: "a  b",
  backslash: "a\\nb\\",
  unicode: "größe 密码 🔑",
  dollar: "${HOME} $(id)",
  number: "0123",
  true_word: "true",
  comma: "a,b",
  long: "x".repeat(4000),
};

Deno.test("rclone_reads_back_what_was_written", async (t) => {
  using folder = makeFolder();
  const names = Object.keys(VALUES);
  const conf = names.map((name, index) =>
    renderRcloneConf(`s${index}`, {
      parameters: [["type", "webdav"], ["user", VALUES[name] ?? ""]],
      path: "",
    })
  ).join("\n");
  await Deno.writeTextFile(`${folder.path}/rclone.conf`, conf);
  await Deno.chmod(`${folder.path}/rclone.conf`, 0o644);
  const dump = await run("podman", [
    "run",
    "--rm",
    "--network=none",
    "--volume",
    `${folder.path}:/conf:ro`,
    "--entrypoint=rclone",
    IMAGES.gateway,
    "--config",
    "/conf/rclone.conf",
    "config",
    "dump",
  ]);
  assert.equal(dump.code, 0, dump.stderr);
  const read = JSON.parse(dump.stdout) as Record<string, { user: string }>;
  for (const [index, name] of names.entries()) {
    await t.step(name, () => assert.equal(read[`s${index}`]?.user, VALUES[name]));
  }
});

Deno.test("the_reader_reads_what_rclone_reads", async (t) => {
  using folder = makeFolder();
  const lines = [
    "user = plain",
    "user=tight",
    "user =   blanks   ",
    "user = a;b",
    "user = a # b",
    "; comment\nuser = after",
    "# comment\n\nuser = after",
    "user = a = b",
    "pass = [x]",
    "user = 'quoted'",
    'user = "quoted"',
  ];
  const text = lines.map((line, index) => `[s${index}]\ntype = webdav\n${line}\n`);
  await Deno.writeTextFile(`${folder.path}/rclone.conf`, text.join("\n"));
  await Deno.chmod(`${folder.path}/rclone.conf`, 0o644);
  const dump = await run("podman", [
    "run",
    "--rm",
    "--network=none",
    "--volume",
    `${folder.path}:/conf:ro`,
    "--entrypoint=rclone",
    IMAGES.gateway,
    "--config",
    "/conf/rclone.conf",
    "config",
    "dump",
  ]);
  const read = JSON.parse(dump.stdout) as Record<string, Record<string, string>>;
  for (const [index, line] of lines.entries()) {
    await t.step(JSON.stringify(line), () => {
      assert.deepEqual(Object.fromEntries(parseRcloneSection(text[index] ?? "")), read[`s${index}`]);
    });
  }
});
