import assert from "node:assert/strict";
import { removeTorn } from "../../../../gateway/rclone/torn.ts";
import { nameOf, REPOSITORY, repositoryFolder } from "./repository_folder.ts";

const WHOLE = "the whole content";
const NAME = nameOf(WHOLE);
const CUT = WHOLE.slice(0, 5);
const SHARD = `data/${NAME.slice(0, 2)}`;
const HOUR = 3_600_000;

Deno.test("a_torn_object_is_removed_wherever_restic_keeps_objects", async (test) => {
  for (const type of [SHARD, "keys", "locks", "snapshots", "index"]) {
    await test.step(type, async () => {
      await using folder = await repositoryFolder();
      const path = `${REPOSITORY}/${type}/${NAME}`;
      await folder.write(path, CUT);
      assert.deepEqual(await removeTorn(folder.path, Date.now() - HOUR), [path]);
      assert.deepEqual(await folder.there(path), []);
    });
  }
});

Deno.test("what_is_whole_old_or_not_restics_is_left_alone", async (test) => {
  const cases: [name: string, path: string, content: string, age?: number][] = [
    ["whole_data", `${REPOSITORY}/${SHARD}/${NAME}`, WHOLE],
    ["whole_lock", `${REPOSITORY}/locks/${NAME}`, WHOLE],
    ["empty_object_of_the_right_name", `${REPOSITORY}/locks/${nameOf("")}`, ""],
    ["torn_but_old", `${REPOSITORY}/${SHARD}/${NAME}`, CUT, 2 * HOUR],
    ["config_with_content", `${REPOSITORY}/config`, "x"],
    ["empty_but_old_config", `${REPOSITORY}/config`, "", 2 * HOUR],
    ["empty_manifest", `${REPOSITORY}.json`, ""],
    ["name_in_upper_case", `${REPOSITORY}/locks/${NAME.toUpperCase()}`, CUT],
    ["name_of_63_digits", `${REPOSITORY}/locks/${NAME.slice(1)}`, CUT],
    ["name_with_a_suffix", `${REPOSITORY}/locks/${NAME}.partial`, CUT],
    ["data_without_a_shard", `${REPOSITORY}/data/${NAME}`, CUT],
    ["sharded_lock", `${REPOSITORY}/locks/${NAME.slice(0, 2)}/${NAME}`, CUT],
    ["unknown_type", `${REPOSITORY}/blobs/${NAME}`, CUT],
    ["deeper", `${REPOSITORY}/sub/locks/${NAME}`, CUT],
    ["no_uuid", `dokuwiki/backup/locks/${NAME}`, CUT],
    ["uuid_is_longer", `${REPOSITORY}0/locks/${NAME}`, CUT],
    ["app_type_in_upper_case", `D${REPOSITORY}/locks/${NAME}`, CUT],
    ["hidden_app_type", `.${REPOSITORY}/locks/${NAME}`, CUT],
    ["lost_and_found", `lost+found/${NAME}`, CUT],
    ["at_the_top", NAME, CUT],
    ["empty_config_at_the_top", "config", ""],
  ];
  for (const [name, path, content, age] of cases) {
    await test.step(name, async () => {
      await using folder = await repositoryFolder();
      await folder.write(path, content, age);
      assert.deepEqual(await removeTorn(folder.path, Date.now() - HOUR), []);
      assert.equal(await Deno.readTextFile(`${folder.path}/${path}`), content);
    });
  }
});

Deno.test("an_empty_config_is_removed", async () => {
  await using folder = await repositoryFolder();
  await folder.write(`${REPOSITORY}/config`, "");
  assert.deepEqual(await removeTorn(folder.path, 0), [`${REPOSITORY}/config`]);
  assert.deepEqual(await folder.there(`${REPOSITORY}/config`), []);
});

Deno.test("among_many_only_the_torn_ones_go", async () => {
  await using folder = await repositoryFolder();
  const whole = `${REPOSITORY}/${SHARD}/${NAME}`;
  const torn = ["b", "c"].map((app) => `${app}/${REPOSITORY.split("/")[1]}/locks/${NAME}`);
  await folder.write(whole, WHOLE);
  for (const path of torn) await folder.write(path, CUT);
  assert.deepEqual((await removeTorn(folder.path, Date.now() - HOUR)).sort(), torn);
  assert.deepEqual(await folder.there(whole, ...torn), [whole]);
});

Deno.test("written_at_the_moment_that_is_asked_for_counts", async () => {
  await using folder = await repositoryFolder();
  const path = `${REPOSITORY}/locks/${NAME}`;
  await folder.write(path, CUT);
  const written = (await Deno.stat(`${folder.path}/${path}`)).mtime?.getTime() ?? 0;
  assert.deepEqual(await removeTorn(folder.path, written + 1), []);
  assert.deepEqual(await removeTorn(folder.path, written), [path]);
});

Deno.test("a_symbolic_link_is_not_followed", async () => {
  await using folder = await repositoryFolder();
  await using other = await repositoryFolder();
  await other.write(`locks/${NAME}`, CUT);
  await folder.write(`${REPOSITORY}/locks/x`, "");
  const { success } = await new Deno.Command("ln", {
    args: ["-s", `${other.path}/locks`, `${folder.path}/${REPOSITORY}/keys`],
  }).output();
  assert.ok(success);
  assert.deepEqual(await removeTorn(folder.path, 0), []);
  assert.deepEqual(await other.there(`locks/${NAME}`), [`locks/${NAME}`]);
});

Deno.test("a_folder_that_is_not_there_is_an_error", async () => {
  await assert.rejects(removeTorn("/tmp/not-there-0b1c2d3e", 0), Deno.errors.NotFound);
});
