import assert from "node:assert/strict";
import { dirtyMarks } from "../../../../gateway/rclone/dirty_marks.ts";
import { uuid } from "../../given.ts";
import { repositoryFolder } from "./repository_folder.ts";

/** As prepare.ts leaves them. */
async function markFolder(): ReturnType<typeof repositoryFolder> {
  const folder = await repositoryFolder();
  for (const name of ["open", "dirty"]) await Deno.mkdir(`${folder.path}/${name}`);
  return folder;
}

Deno.test("what_serves_in_this_life_is_open_and_not_dirty", async () => {
  await using folder = await markFolder();
  const marks = dirtyMarks(folder.path);
  const before = Date.now();
  await marks.alive(uuid("d"));
  const { mtime } = await Deno.stat(`${folder.path}/open/${uuid("d")}`);
  const alive = mtime?.getTime() ?? 0;
  assert.ok(alive >= before - 5 && alive <= Date.now() + 5, `${alive} is not now`);
  assert.equal(await marks.lastAlive(uuid("d")), undefined);
  await marks.clean(uuid("d"));
  await assert.rejects(Deno.stat(`${folder.path}/open/${uuid("d")}`), Deno.errors.NotFound);
});

Deno.test("what_is_dirty_stays_so_until_it_is_swept", async () => {
  await using folder = await markFolder();
  const marks = dirtyMarks(folder.path);
  await folder.write(`dirty/${uuid("d")}`, "", 86_400_000);
  const old = await marks.lastAlive(uuid("d")) ?? 0;
  assert.ok(Math.abs(old - (Date.now() - 86_400_000)) < 60_000);
  // Neither being served nor ending in order looks for what was torn before.
  await marks.alive(uuid("d"));
  await marks.clean(uuid("d"));
  assert.equal(await marks.lastAlive(uuid("d")), old);
  await marks.swept(uuid("d"));
  assert.equal(await marks.lastAlive(uuid("d")), undefined);
});

Deno.test("an_older_mark_is_touched", async () => {
  await using folder = await markFolder();
  await folder.write(`open/${uuid("d")}`, "", 86_400_000);
  await dirtyMarks(folder.path).alive(uuid("d"));
  const { mtime } = await Deno.stat(`${folder.path}/open/${uuid("d")}`);
  assert.ok((mtime?.getTime() ?? 0) > Date.now() - 60_000);
});

Deno.test("cleaning_and_sweeping_what_is_clean_is_no_error", async () => {
  await using folder = await markFolder();
  await dirtyMarks(folder.path).clean(uuid("d"));
  await dirtyMarks(folder.path).swept(uuid("d"));
});

Deno.test("a_mark_that_cannot_be_read_is_not_taken_for_none", async () => {
  await using folder = await markFolder();
  await folder.write("file", "");
  // A file where the folder should be: not "not found", so not "clean" either.
  await assert.rejects(dirtyMarks(`${folder.path}/file`).lastAlive(uuid("d")));
});
