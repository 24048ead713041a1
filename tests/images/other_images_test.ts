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

const uses: [string, string[], string][] = [
  ["redis_runs_as_its_own_user_when_started_by_root", [], "999"],
  ["redis_runs_as_whoever_it_is_told_to", ["--user=12345:12345", "--cap-drop=all"], "12345"],
];
for (const [name, options, uid] of uses) {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    await Deno.chmod(folder, 0o755);
    await Deno.writeTextFile(`${folder}/redis.conf`, "port 0\nunixsocket /tmp/redis.sock\nsave 1 1\n");
    const mounts = ["--volume", `${folder}:/configuration:ro`, "--tmpfs=/data:rw,mode=1777,notmpcopyup"];
    const command = ["redis-server", "/configuration/redis.conf"];
    const container = await podman(
      "run",
      "-d",
      "--network=none",
      ...labelled,
      ...options,
      ...mounts,
      redis,
      ...command,
    );
    try {
      const ask = (...words: string[]) =>
        podman("exec", container, "redis-cli", "-s", "/tmp/redis.sock", ...words);
      for (let tries = 0; await ask("PING").catch(() => "") !== "PONG"; tries++) {
        if (tries > 50) throw new Error(`Redis does not answer:\n${await podman("logs", container)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await ask("HSET", "hash", "field", "value");
      // Expiry of hash fields: Redis 7.4 and newer.
      equal(await ask("HPEXPIRE", "hash", "60000", "FIELDS", "1", "field"), "1");
      equal(await ask("SAVE"), "OK");
      equal(await ask("CONFIG", "GET", "dir"), "dir\n/data");
      match(
        await podman("exec", container, "sh", "-c", "grep Uid: /proc/1/status"),
        new RegExp(`\\s${uid}\\s`),
      );
    } finally {
      await podman("rm", "--force", "--volumes", "--time=0", container);
      await Deno.remove(folder, { recursive: true });
    }
  });
}
