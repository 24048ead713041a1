import assert from "node:assert/strict";
import { volumeMounts, withoutVolume } from "../../../../backup/module/volumes.ts";

const NAMES = [
  "data",
  "wiki1-data",
  "wiki1-",
  "wiki10-data",
  "wiki1-x2-data",
  "restic-cache",
  "restic-cache-wiki1",
  "-x",
  "a:b",
  "",
];
const inside = (mounts: ReturnType<typeof volumeMounts>) =>
  mounts.map(({ source, target }) => [source, target]);

Deno.test("of_roots_volumes_those_with_the_modules_prefix_are_mounted_without_it", () => {
  const mounts = volumeMounts(NAMES, "wiki1", { rootless: false, modules: ["wiki1", "wiki10", "wiki1-x2"] });
  assert.deepEqual(inside(mounts), [["wiki1-data", "/srv/volumes/data"]]);
  assert.ok(mounts.every(({ readOnly }) => readOnly));
});

Deno.test("a_volume_with_a_prefix_that_no_module_has_is_the_modules", () => {
  const mounts = volumeMounts(NAMES, "wiki1", { rootless: false, modules: ["wiki1"] });
  assert.deepEqual(inside(mounts).map(([source]) => source), ["wiki1-data", "wiki1-x2-data"]);
});

Deno.test("of_a_users_volumes_all_are_mounted_under_their_names_restics_caches_apart", () => {
  const mounts = volumeMounts(NAMES, "wiki1", { rootless: true, modules: ["wiki1", "wiki1-x2"] });
  assert.deepEqual(
    inside(mounts),
    ["data", "wiki1-data", "wiki1-", "wiki10-data", "wiki1-x2-data"].map((
      name,
    ) => [name, `/srv/volumes/${name}`]),
  );
});

Deno.test("a_line_that_names_a_volume_which_is_not_there_is_found", () => {
  const mounts = volumeMounts(["data"], "wiki1", { rootless: true, modules: [] });
  const lines = [
    "state/x",
    "volumes/data",
    "volumes/data/x",
    "volumes/gone/x",
    "volumes/gone",
    "volumes/d*",
    "volumes/",
  ];
  assert.deepEqual(withoutVolume(lines, mounts), ["volumes/gone/x", "volumes/gone", "volumes/"]);
});
