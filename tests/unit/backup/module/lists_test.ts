import assert from "node:assert/strict";
import fc from "fast-check";
import { backupLists } from "../../../../backup/module/lists.ts";

Deno.test("only_state_and_volumes_can_be_included", () => {
  const cases: [line: string, taken: boolean][] = [
    ["state/dump", true],
    ["  state/dump\t", true],
    ["state/dump\r", true],
    ["state/", true],
    ["state/*.sql", true],
    ["volumes/data", true],
    ["volumes/data/a..b", true],
    ["state/..hidden", true],
    ["state", false],
    ["/etc/shadow", false],
    ["/srv/state/dump", false],
    ["./state/dump", false],
    ["state/../../etc", false],
    ["volumes/..", false],
    ["statement/x", false],
    ["-r", false],
    ["/", false],
  ];
  for (const [line, taken] of cases) {
    const lists = backupLists(`${line}\n`, "");
    assert.deepEqual(lists.refused, taken ? [] : [line], line);
    assert.deepEqual(lists.include, taken ? ["state/environment", line.trim()] : ["state/environment"], line);
  }
});

Deno.test("comments_and_empty_lines_say_nothing_and_what_is_there_twice_counts_once", () => {
  const lists = backupLists(
    "# state/x\n\n   \nstate/environment\nvolumes/data\nvolumes/data",
    "# y\n\n*.log\n!keep.log",
  );
  assert.deepEqual(lists, {
    include: ["state/environment", "volumes/data"],
    exclude: ["*.log", "!keep.log", "!/srv/state/environment"],
    refused: [],
  });
});

Deno.test("whatever_the_lists_say_the_environment_is_in_and_nothing_outside", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (include, exclude) => {
    const lists = backupLists(include, exclude);
    assert.equal(lists.include[0], "state/environment");
    assert.equal(lists.exclude.at(-1), "!/srv/state/environment");
    for (const line of lists.include) {
      assert.match(line, /^(state|volumes)\//);
      assert.ok(!line.includes("\n") && !line.split("/").includes(".."));
    }
  }));
});
