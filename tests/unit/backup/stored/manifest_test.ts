import assert from "node:assert/strict";
import fc from "fast-check";
import { type Manifest, parseManifest } from "../../../../backup/stored/manifest.ts";
import { repository, uuid } from "../../given.ts";

const NOW = 1_795_464_000;
const PLACE = repository("dokuwiki", uuid("a"));
const GOOD = {
  module_id: "dokuwiki1",
  module_ui_name: "Our wiki",
  node_fqdn: "one.example.org",
  cluster_uuid: uuid("c"),
  uuid: uuid("a"),
  timestamp: NOW - 60,
  success: true,
};

const parse = (value: unknown): ReturnType<typeof parseManifest> =>
  parseManifest(typeof value === "string" ? value : JSON.stringify(value), PLACE, NOW);

Deno.test("a_manifest_of_nethserver_8_is_read", () => {
  assert.deepEqual(parse(GOOD), {
    manifest: {
      module: "dokuwiki1",
      name: "Our wiki",
      node: "one.example.org",
      cluster: uuid("c"),
      written: NOW - 60,
      success: true,
    },
    problems: [],
  });
});

Deno.test("a_manifest_that_lies_is_named", () => {
  const lies: readonly (readonly [change: Record<string, unknown>, says: RegExp])[] = [
    [{ uuid: uuid("b") }, /it says that it is of bbbb/],
    [{ uuid: undefined }, /names no uuid/],
    [{ module_id: "mail1" }, /module\/mail1, which would be in mail\//],
    [{ module_id: "../etc" }, /no module's id/],
    [{ timestamp: NOW + 86_400 }, /in the future/],
    [{ timestamp: "soon" }, /timestamp is no time/],
    [{ timestamp: 1e300 }, /timestamp is no time/],
    [{ cluster_uuid: "x" }, /cluster_uuid is "x"/],
    [{ success: "yes" }, /neither true nor false/],
    [{ module_ui_name: { toString: 1 } }, /module_ui_name is no text/],
  ];
  for (const [change, says] of lies) {
    const { problems } = parse({ ...GOOD, ...change });
    assert.equal(problems.length, 1, problems.join());
    assert.match(problems[0] ?? "", says);
  }
});

Deno.test("what_is_no_manifest_says_so", () => {
  for (const text of ["", "[]", "null", "1", '"x"', "{", "<html>"]) {
    assert.deepEqual(parse(text), { problems: ["it is no JSON object"] });
  }
});

Deno.test("no_control_character_leaves_a_manifest_and_nothing_is_long", () => {
  const evil = fc.oneof(
    fc.string({ unit: "binary", maxLength: 5000 }),
    fc.constant("\x1b]0;owned\x07\u009b31m\u202egnp.exe\nsecond line"),
    fc.anything(),
  );
  fc.assert(
    fc.property(fc.record(Object.fromEntries(Object.keys(GOOD).map((key) => [key, evil]))), (value) => {
      let text: string;
      try {
        text = JSON.stringify(value) ?? "";
      } catch {
        return;
      }
      const { manifest, problems } = parse(text);
      const shown = [...problems, ...Object.values(manifest ?? {} as Manifest).map(String)];
      for (const each of shown) {
        assert.doesNotMatch(each, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        assert(each.length < 300);
      }
    }),
  );
});
