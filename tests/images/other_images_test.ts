import { equal, match } from "node:assert/strict";
import { image, labelled, podman, shell } from "./podman.ts";

const client = image("RCLONE_GATEWAY_RESTIC_IMAGE");
const clients = image("RCLONE_GATEWAY_RESTIC_VERSIONS_IMAGE");
const redis = image("RCLONE_GATEWAY_REDIS_IMAGE");

Deno.test("the_client_runs_as_anybody_on_a_read_only_root", async () => {
  const asAnybody = ["--rm", "--network=none", "--read-only", "--user=12345:12345", "--cap-drop=all"];
  const init = ["--repo=/tmp/repo", "--insecure-no-password", "init"];
  match(await podman("run", ...asAnybody, ...labelled, client, "version"), /^restic 0\.18\./);
  match(await podman("run", ...asAnybody, ...labelled, client, ...init), /created restic repository/);
});

Deno.test("three_clients_are_there_for_the_tests", async () => {
  const said = await shell(
    clients,
    "for c in restic-0.14 restic-0.18 restic-0.19 restic; do $c version; done; diff --version",
  );
  const versions = said.split("\n").filter((line) => line.startsWith("restic"));
  equal(
    versions.map((line) => line.slice(0, "restic 0.00".length)).join(),
    "restic 0.14,restic 0.18,restic 0.19,restic 0.18",
  );
});

const uses: [string, string[], number][] = [
  ["redis_runs_as_its_own_user_when_started_by_root", [], 999],
  ["redis_runs_as_whoever_it_is_told_to", ["--user=12345:12345", "--cap-drop=all"], 12345],
];
for (const [name, options, uid] of uses) {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    await Deno.chmod(folder, 0o777);
    await Deno.writeTextFile(
      `${folder}/redis.conf`,
      "port 0\nunixsocket /data/redis.sock\nunixsocketperm 777\n",
    );
    const shared = ["--network=none", ...labelled, "--volume", `${folder}:/data`];
    const container = await podman(
      "run",
      "-d",
      ...shared,
      ...options,
      redis,
      "redis-server",
      "/data/redis.conf",
    );
    // Not `podman exec`: in a chroot, as fresh hosts for tests are, it ends up in the host's own files.
    const ask = (...words: string[]) =>
      podman("run", "--rm", ...shared, redis, "redis-cli", "-s", "/data/redis.sock", ...words);
    try {
      for (let tries = 0; await ask("PING").catch(() => "") !== "PONG"; tries++) {
        if (tries > 20) throw new Error(`Redis does not answer:\n${await podman("logs", container)}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      await ask("HSET", "hash", "field", "value");
      // Expiry of hash fields: Redis 7.4 and newer.
      equal(await ask("HPEXPIRE", "hash", "60000", "FIELDS", "1", "field"), "1");
      equal(await ask("SAVE"), "OK");
      equal((await Deno.stat(`${folder}/dump.rdb`)).uid, uid);
      const pid = await podman("inspect", "--format", "{{.State.Pid}}", container);
      match(await Deno.readTextFile(`/proc/${pid}/status`), new RegExp(`^Uid:\\s${uid}\\s${uid}\\s`, "m"));
    } finally {
      await podman("rm", "--force", "--volumes", "--time=0", container);
      await Deno.remove(folder, { recursive: true });
    }
  });
}
