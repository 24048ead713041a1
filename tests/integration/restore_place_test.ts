import assert from "node:assert/strict";
import { findRestorePlace } from "../../backup/module/restore_place.ts";
import { makeFolder, run } from "./harness/podman.ts";

/** A user of this host who is not root. */
const SOMEBODY = "nobody";
const CREDENTIALS = "REDIS_USER=module/wiki1\nREDIS_PASSWORD=a secret with = in it\n";

Deno.test("a_modules_credentials_are_read_as_its_owner", async (t) => {
  using root = makeFolder();
  Deno.env.set("MODULE_FOLDERS", `${root.path}/none/{id}:${root.path}/{id}/.config`);
  const config = `${root.path}/wiki1/.config`;
  const env = `${config}/state/agent.env`;
  const secret = `${root.path}/roots-own`;
  Deno.writeTextFileSync(secret, CREDENTIALS, { mode: 0o600 });
  const fresh = async (): Promise<void> => {
    await Deno.remove(`${root.path}/wiki1`, { recursive: true }).catch(() => {});
    Deno.mkdirSync(`${config}/state`, { recursive: true });
    Deno.writeTextFileSync(env, CREDENTIALS, { mode: 0o600 });
    await run("chown", ["--recursive", `${SOMEBODY}:`, `${root.path}/wiki1`]);
  };
  const because = async (): Promise<string> => {
    const place = await findRestorePlace("wiki1");
    return "because" in place ? place.because : "";
  };

  await t.step("of a user: names of volumes as they are, and the user's own rights", async () => {
    await fresh();
    const place = await findRestorePlace("wiki1");
    assert(!("because" in place), JSON.stringify(place));
    assert.equal(place.owner.name, SOMEBODY);
    assert.deepEqual(place.credentials, { user: "module/wiki1", secret: "a secret with = in it" });
    assert.equal(place.volume("data"), "data");
  });
  await t.step("of root: volumes have the module's name before theirs", async () => {
    await fresh();
    await run("chown", ["--recursive", "0:0", `${root.path}/wiki1`]);
    const place = await findRestorePlace("wiki1");
    assert(!("because" in place));
    assert.deepEqual([place.owner.uid, place.volume("data")], [0, "wiki1-data"]);
  });
  await t.step("a link to what the user may not read leads nowhere", async () => {
    await fresh();
    Deno.removeSync(env);
    Deno.symlinkSync(secret, env);
    assert.match(await because(), /^Cannot read .*agent.env as nobody: /);
  });
  await t.step("a folder of root's below a user's is nobody's to trust", async () => {
    await fresh();
    await run("chown", ["0:0", config]);
    Deno.removeSync(env);
    Deno.symlinkSync(secret, env);
    assert.match(await because(), /belongs to user 0, in a folder of user/);
  });
  await t.step("a link in the place of the state folder, or of the module's, is none", async () => {
    await fresh();
    Deno.renameSync(`${config}/state`, `${config}/elsewhere`);
    Deno.symlinkSync("elsewhere", `${config}/state`);
    assert.match(await because(), /state is no folder/);
    Deno.renameSync(config, `${root.path}/wiki1/moved`);
    Deno.symlinkSync("moved", config);
    assert.match(await because(), /is a symbolic link/);
  });
  await t.step("another module's credentials are refused, and none", async () => {
    await fresh();
    for (
      const text of [
        CREDENTIALS.replace("wiki1", "mail1"),
        "",
        "REDIS_USER=module/wiki1\n",
        "REDIS_USER=node/1\nREDIS_PASSWORD=x\n",
      ]
    ) {
      Deno.writeTextFileSync(env, text);
      assert.match(
        await because(),
        /^Cannot use .*agent.env: its? (REDIS_USER is not module\/wiki1|has no REDIS_PASSWORD)/,
      );
    }
  });
  await t.step("a pipe that nobody writes to keeps nobody waiting for long", async () => {
    await fresh();
    Deno.removeSync(env);
    await run("mkfifo", [env]);
    await run("chown", [`${SOMEBODY}:`, env]);
    assert.match(await because(), /^Cannot read .*agent.env as nobody: /);
  });
});
