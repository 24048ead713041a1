import assert from "node:assert/strict";
import { tryLock } from "../../../backup/lock.ts";

Deno.test("a_lock_is_one_holders_and_free_again_when_it_is_left_or_its_process_is_killed", async () => {
  const folder = `${await Deno.makeTempDir()}/locks`;
  {
    using first = await tryLock(folder, "a.lock");
    assert.ok(first !== undefined);
    assert.equal(await tryLock(folder, "a.lock"), undefined);
    using other = await tryLock(folder, "b.lock");
    assert.ok(other !== undefined);
  }
  const holder = new Deno.Command("flock", {
    args: ["--no-fork", `${folder}/a.lock`, "sh", "-c", "echo held; exec sleep 60"],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const heard = holder.stdout.getReader();
  await heard.read();
  assert.equal(await tryLock(folder, "a.lock"), undefined);
  await heard.cancel();
  holder.kill("SIGKILL");
  await holder.status;
  {
    using after = await tryLock(folder, "a.lock");
    assert.ok(after !== undefined);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("locks_are_not_kept_where_others_may_write", async () => {
  const folder = await Deno.makeTempDir();
  const trap = `${folder}/trap`;
  await new Deno.Command("ln", { args: ["-s", folder, trap] }).output();
  await assert.rejects(tryLock(trap, "a.lock"), /nobody else may write/);
  await Deno.chmod(folder, 0o1777);
  await assert.rejects(tryLock(folder, "a.lock"), /nobody else may write/);
  await Deno.remove(folder, { recursive: true });
});
