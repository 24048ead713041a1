import assert from "node:assert/strict";
import type { Overview } from "../../../../../scripts/rclonegwctl/restic/overview.ts";
import { type ResticOptions, target } from "../../../../../scripts/rclonegwctl/restic/target.ts";
import { uuid } from "../../../given.ts";

const [HERE, THERE, BARE, WIKI] = [uuid("a"), uuid("b"), uuid("c"), uuid("d")];
const OVERVIEW: Overview = {
  destinations: [
    { id: HERE, name: "Here", url: "", password: "of here" },
    { id: THERE, name: "There", url: "", password: "of there" },
    { id: BARE, name: "Bare", url: "", password: undefined },
  ],
  backups: [
    { id: "1", name: "one", destination: HERE, modules: ["wiki1", "wiki2"] },
    { id: "2", name: "two", destination: THERE, modules: ["wiki2"] },
    { id: "3", name: "three", destination: uuid("e"), modules: [] },
  ],
  uuids: { wiki1: WIKI, wiki2: WIKI, bad1: "x" },
};

Deno.test("a_repository_is_found_by_what_names_it", () => {
  const cases: [options: ResticOptions, destination: string, password: string][] = [
    [{ module: "wiki1" }, HERE, "of here"],
    [{ module: "module/wiki1", backup: "2" }, THERE, "of there"],
    [{ module: "wiki2", destination: THERE }, THERE, "of there"],
    [{ repopath: `wiki/${WIKI}/`, backup: "1" }, HERE, "of here"],
    [{ repopath: `wiki/${WIKI}`, destination: HERE }, HERE, "of here"],
  ];
  for (const [options, destination, password] of cases) {
    const found = target(options, OVERVIEW);
    assert.ok("repository" in found, JSON.stringify([options, found]));
    assert.deepEqual(found.repository, { destination, path: { appType: "wiki", moduleUuid: WIKI } });
    assert.equal(found.password, password);
  }
});

Deno.test("what_names_none_or_two_is_told", () => {
  const cases: [options: ResticOptions, says: RegExp[]][] = [
    [{}, [/give --module, or --repopath/, /give --destination, or --backup/]],
    [{ module: "wiki2" }, [/part of the backups 1, 2: give --backup/]],
    [{ module: "mail1" }, [/mail1 has no uuid/, /mail1 is part of no backup/]],
    [{ module: "bad1", backup: "1" }, [/bad1 has no uuid/]],
    [{ module: "wiki1", repopath: `wiki/${WIKI}` }, [/--module and --repopath/]],
    [{ module: "wiki1", backup: "1", destination: HERE }, [/--backup and --destination/]],
    [{ module: "../x1", backup: "9" }, [/no module's id/, /there is no backup 9/]],
    [{ repopath: "wiki/../x", destination: "y" }, [
      /is not <app type>\/<module uuid>/,
      /there is no destination y/,
    ]],
    [{ module: "wiki1", destination: BARE }, [/has no restic password/]],
    [{ module: "wiki1", backup: "3" }, [/there is no destination eeee/]],
  ];
  for (const [options, says] of cases) {
    const found = target(options, OVERVIEW);
    assert.ok("problems" in found, JSON.stringify(options));
    for (const each of says) assert.match(found.problems.join("\n"), each);
    assert.equal(found.problems.length, says.length, found.problems.join("\n"));
  }
});
