import assert from "node:assert/strict";
import {
  type BackupFolders,
  readState,
  removeMetrics,
  removeOtherMetrics,
  writeState,
} from "../../../../backup/metrics/files.ts";
import { couldNotRun } from "../../../../backup/run/could_not_run.ts";
import { emptyState } from "../../../../backup/run/state.ts";
import { givenStatus } from "../status_given.ts";

async function folders(): Promise<BackupFolders & AsyncDisposable> {
  const path = await Deno.makeTempDir({ dir: "/tmp" });
  return {
    state: `${path}/state`,
    prom: `${path}/prom`,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

const names = async (folder: string): Promise<string[]> =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();

Deno.test("what_is_known_outlives_the_run_and_node_exporter_can_read_it", async () => {
  await using at = await folders();
  const state = { ...emptyState("1", "x"), well: true, modules: { mail1: givenStatus() } };
  await writeState(at, state);
  assert.deepEqual(await readState(at, "1"), state);
  assert.deepEqual([await names(at.prom), await names(`${at.state}/runs`)], [["backup1.prom"], [
    "backup1.json",
  ]]);
  assert.equal(((await Deno.stat(`${at.prom}/backup1.prom`)).mode ?? 0) & 0o777, 0o644);
  assert.equal(((await Deno.stat(`${at.state}/runs/backup1.json`)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("what_cannot_be_read_is_made_anew", async () => {
  await using at = await folders();
  assert.equal(await readState(at, "1"), undefined);
  await writeState(at, emptyState("1", "x"));
  await Deno.writeTextFile(`${at.state}/runs/backup1.json`, "{");
  assert.equal(await readState(at, "1"), undefined);
});

Deno.test("a_removed_backup_leaves_nothing_and_other_files_stay", async () => {
  await using at = await folders();
  for (const id of ["1", "2", "10"]) await writeState(at, emptyState(id, "x"));
  await Deno.writeTextFile(`${at.prom}/backup-of-others.prom`, "");
  await removeMetrics(at, "2");
  await removeMetrics(at, "2");
  assert.deepEqual(await names(at.prom), ["backup-of-others.prom", "backup1.prom", "backup10.prom"]);
  assert.deepEqual(await removeOtherMetrics(at, ["1"]), ["10"]);
  assert.deepEqual(await names(at.prom), ["backup-of-others.prom", "backup1.prom"]);
  assert.deepEqual(await names(`${at.state}/runs`), ["backup1.json"]);
});

Deno.test("a_run_that_could_not_begin_is_a_bad_one", async () => {
  await using at = await folders();
  await couldNotRun(at, "1", undefined);
  assert.equal(await readState(at, "1"), undefined);
  await writeState(at, { ...emptyState("1", "x"), well: true, modules: { mail1: givenStatus() } });
  await couldNotRun(at, "1", undefined);
  const state = await readState(at, "1");
  assert.deepEqual([state?.well, state?.name, Object.keys(state?.modules ?? {})], [false, "x", ["mail1"]]);
});
