import assert from "node:assert/strict";
import { dirtyMarks } from "../../../../gateway/rclone/dirty_marks.ts";
import { uuid } from "../../given.ts";
import { repositoryFolder } from "./repository_folder.ts";

Deno.test("a_mark_says_when_it_was_last_alive_until_it_ends_in_order", async () => {
  await using folder = await repositoryFolder();
  const marks = dirtyMarks(folder.path);
  assert.equal(await marks.lastAlive(uuid("d")), undefined);
  const before = Date.now();
  await marks.alive(uuid("d"));
  const alive = await marks.lastAlive(uuid("d")) ?? 0;
  assert.ok(alive >= before - 1 && alive <= Date.now(), `${alive} is not now`);
  assert.equal(await marks.lastAlive(uuid("e")), undefined);
  await marks.clean(uuid("d"));
  assert.equal(await marks.lastAlive(uuid("d")), undefined);
});

Deno.test("a_mark_is_moved_and_survives_a_restart", async () => {
  await using folder = await repositoryFolder();
  await folder.write(uuid("d"), "", 86_400_000);
  const old = await dirtyMarks(folder.path).lastAlive(uuid("d")) ?? 0;
  assert.ok(old < Date.now() - 86_000_000);
  await dirtyMarks(folder.path).alive(uuid("d"));
  assert.ok((await dirtyMarks(folder.path).lastAlive(uuid("d")) ?? 0) > Date.now() - 60_000);
});

Deno.test("cleaning_what_is_clean_is_no_error", async () => {
  await using folder = await repositoryFolder();
  await dirtyMarks(folder.path).clean(uuid("d"));
});

Deno.test("a_mark_that_cannot_be_read_is_not_taken_for_none", async () => {
  await using folder = await repositoryFolder();
  await folder.write("file", "");
  // A file where the folder should be: not "not found", so not "clean" either.
  await assert.rejects(dirtyMarks(`${folder.path}/file`).lastAlive(uuid("d")));
});
