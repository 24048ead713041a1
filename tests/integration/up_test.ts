// slow
import assert from "node:assert/strict";
import { run } from "./harness/podman.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** One of the README's commands, as a user types it. */
const script = (name: string, ...args: string[]): ReturnType<typeof run> =>
  run(`${ROOT}scripts/${name}`, args, { timeoutMs: 600_000 });

// In the network namespace of this test, and with a folder and containers of its own: up's names are fixed, so that
// one that somebody runs on this host would be in the way.
Deno.test("up_shows_a_backup_and_down_removes_what_it_made", async (t) => {
  const inUse = (await run("podman", ["ps", "--all", "--format", "{{.Names}}"])).stdout.split("\n");
  assert(
    !inUse.includes("rclone-gateway-up"),
    "scripts/up runs on this host: end it with scripts/down, then test",
  );
  const state = Deno.makeTempDirSync({ prefix: "rclone-gateway-up-" });
  Deno.env.set("RCLONE_GATEWAY_STATE", state);
  try {
    await t.step("up ends with 0, having restored the same, and prints the next steps", async () => {
      const up = await script("up");
      assert.equal(up.code, 0, up.stdout + up.stderr);
      assert.match(up.stderr, /the same, byte for byte/);
      for (const step of ["ctl status", "identity add", "recovery-kit", "scripts/down"]) {
        assert(up.stdout.includes(step), step);
      }
      const command = /^ +(.*podman run .* snapshots)$/m.exec(up.stdout)?.[1];
      const snapshots = await run("sh", ["-c", command ?? "false"]);
      assert.match(snapshots.stdout, /1 snapshots/, snapshots.stderr);
    });
    await t.step("it keeps running, and ctl operates it", async () => {
      const status = await script("ctl", "status");
      assert.equal(status.code, 0, status.stderr);
      assert.match(status.stdout, /Disk of this host +(serving|idle)/);
      assert.equal((await script("ctl", "identity", "add", "module/wiki1")).code, 0);
      assert.equal((await script("ctl", "identity", "add", "nobody")).code, 2);
    });
    await t.step("up again goes on with what is there", async () => {
      const up = await script("up");
      assert.equal(up.code, 0, up.stdout + up.stderr);
      assert.match((await script("ctl", "identity", "list")).stdout, /module\/wiki1/);
    });
    await t.step("down without a terminal keeps the backups, and up finds them", async () => {
      const down = await script("down");
      assert.equal(down.code, 0, down.stderr);
      assert.match(down.stderr, /backups are kept/);
      const up = await script("up");
      assert.equal(up.code, 0, up.stdout + up.stderr);
      assert.match((await script("ctl", "identity", "list")).stdout, /module\/wiki1/);
    });
    await t.step("down --remove-backups leaves nothing", async () => {
      assert.equal((await script("down", "--remove-backups")).code, 0);
      const volumes = (await run("podman", ["volume", "ls", "--format", "{{.Name}}"])).stdout;
      assert.doesNotMatch(volumes, /^rclone-gateway-up-/m);
    });
    await t.step("all of them explain themselves", async () => {
      for (const name of ["up", "down", "test", "images", "install"]) {
        const help = await script(name, "--help");
        assert.equal(help.code, 0, name);
        assert.match(help.stdout, new RegExp(`^Usage: scripts/${name}`), name);
      }
      assert.equal((await script("up", "--nonsense")).code, 2);
      assert.equal((await script("down", "--nonsense")).code, 2);
    });
  } finally {
    await script("down", "--remove-backups");
    await Deno.remove(state, { recursive: true });
  }
});
