import assert from "node:assert/strict";
import fc from "fast-check";
import { parseUuid } from "../../gateway/domain/uuid.ts";
import { renderCombined } from "../../gateway/render/combined.ts";
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

async function writeConf(folder: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/rclone.conf`, text);
  await Deno.chmod(`${folder}/rclone.conf`, 0o644);
}

/** The image's rclone with the folder's configuration; the folder is /folder inside. Returns what it prints. */
async function rclone(folder: string, ...args: string[]): Promise<string> {
  const ended = await run("podman", [
    ...["run", "--rm", "--network=none", "--volume", `${folder}:/folder:ro`, "--entrypoint=rclone"],
    ...[IMAGES.gateway, "--config", "/folder/rclone.conf", ...args],
  ]);
  assert.equal(ended.code, 0, ended.stderr);
  return ended.stdout;
}

Deno.test("rclone_reads_back_what_was_written", async (t) => {
  using folder = makeFolder();
  const names = Object.keys(VALUES);
  const conf = names.map((name, index) =>
    renderRcloneConf(`s${index}`, {
      parameters: [["type", "webdav"], ["user", VALUES[name] ?? ""]],
      path: "",
    })
  ).join("\n");
  await writeConf(folder.path, conf);
  const read = JSON.parse(await rclone(folder.path, "config", "dump")) as Record<string, { user: string }>;
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
  await writeConf(folder.path, text.join("\n"));
  const read = JSON.parse(await rclone(folder.path, "config", "dump")) as Record<
    string,
    Record<string, string>
  >;
  for (const [index, line] of lines.entries()) {
    await t.step(JSON.stringify(line), () => {
      assert.deepEqual(Object.fromEntries(parseRcloneSection(text[index] ?? "")), read[`s${index}`]);
    });
  }
});

/** A folder's name as a disk takes it: any text without a separator and control characters, of at most 60 bytes. */
const folderName = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((name) =>
  // deno-lint-ignore no-control-regex
  !/[/\x00-\x1f\x7f\u0085\u2028\u2029]|^\.{1,2}$/.test(name) && new TextEncoder().encode(name).length <= 60 &&
  // rclone's local disk writes the signs of its own quoting (lib/encoder) in another way, and cleans what is around.
  !/[\u2400-\u2421\u201b]/.test(name) &&
  name.trim() === name && name.normalize("NFC") === name && name.isWellFormed()
);
const HARD = [
  'a "b"',
  '"',
  '""',
  "a b",
  "a,b",
  "=",
  "a=b",
  "#",
  ";",
  "%(",
  "'",
  "`",
  "é 密码 🔑",
  "[x]",
  "a:b",
];

Deno.test("every_path_is_an_upstream_of_combined_as_it_is", async () => {
  using folder = makeFolder();
  const names = [...new Set([...HARD, ...fc.sample(folderName, 400)])];
  const instances = names.map((name, index) => {
    const destination = parseUuid(`00000000-0000-4000-8000-${String(index).padStart(12, "0")}`);
    assert.ok(destination !== undefined);
    Deno.mkdirSync(`${folder.path}/data/${name}`, { recursive: true });
    Deno.writeTextFileSync(`${folder.path}/data/${name}/file`, String(index).padStart(7, "0"));
    return {
      destination,
      fs: `${destination}:/folder/data/${name}`,
      rcloneConf: renderRcloneConf(destination, { parameters: [["type", "local"]], path: "" }),
    };
  });
  await writeConf(folder.path, renderCombined(instances));
  const inFolder = (...args: string[]): Promise<string> => rclone(folder.path, ...args);
  const listed = (await inFolder("lsf", "combined:")).trim().split("\n").sort();
  assert.deepEqual(listed, instances.map(({ destination }) => `${destination}/`));
  // Each holds one file with its own number, all of the same length.
  const read = await inFolder("cat", "combined:", "--separator", "\n");
  assert.deepEqual(read.trim().split("\n").sort(), names.map((_, index) => String(index).padStart(7, "0")));
  const dump = JSON.parse(await inFolder("config", "dump")) as Record<string, { upstreams?: string }>;
  for (const { destination, fs } of instances) {
    const upstream = `"${`${destination}=${fs}`.replaceAll('"', '""')}"`;
    assert.ok(dump["combined"]?.upstreams?.includes(upstream), upstream);
  }
});
