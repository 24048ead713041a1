import assert from "node:assert/strict";
import { DISK_MARK, disks } from "../../../../gateway/rclone/disk.ts";
import { repositoryFolder } from "./repository_folder.ts";

Deno.test("a_disk_that_was_seen_is_wanted_again", async () => {
  await using folder = await repositoryFolder();
  const disk = `${folder.path}/disk`;
  await Deno.mkdir(disk);
  const { check } = disks(`${folder.path}/known`);
  await check("d", disk);
  await check("d", disk);
  assert.equal(await Deno.readTextFile(`${disk}/${DISK_MARK}`), "d\n");
  // The folder that is there when the disk is not mounted.
  await Deno.rename(disk, `${folder.path}/unmounted`);
  await assert.rejects(check("d", disk), /disk is not there/);
  await Deno.mkdir(disk);
  await assert.rejects(check("d", disk), /disk is not there: .*Mount it; or, .*remove .*known\/d/);
  await assert.rejects(Deno.stat(`${disk}/${DISK_MARK}`), Deno.errors.NotFound, "no mark is made");
  await Deno.remove(`${folder.path}/known/d`);
  await check("d", disk);
});

Deno.test("a_disk_with_data_and_without_a_mark_is_taken_as_it_is", async () => {
  await using folder = await repositoryFolder();
  await folder.write("dokuwiki/x/config", "as an older service left it");
  const { check } = disks(`${folder.path}/known`);
  await check("d", folder.path);
  // Moved to another node, that has never seen it.
  await disks(`${folder.path}/another`).check("e", folder.path);
  assert.equal(await Deno.readTextFile(`${folder.path}/${DISK_MARK}`), "d\n");
});

Deno.test("a_folder_that_is_none_is_told_at_once", async () => {
  await using folder = await repositoryFolder();
  const { check } = disks(`${folder.path}/known`);
  await assert.rejects(check("d", `${folder.path}/missing`), Deno.errors.NotFound);
  await folder.write("disk", "a file");
  await assert.rejects(check("d", `${folder.path}/disk`));
});
