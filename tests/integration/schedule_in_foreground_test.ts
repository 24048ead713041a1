// Backups run by their schedules on a host without systemd, from the process that is there for it.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { DESTINATION, fillCluster } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { SETTINGS } from "./harness/gateway.ts";
import { makeFolder } from "./harness/podman.ts";
import { rclonegwctl } from "./harness/rclonegwctl.ts";
import { REDIS_USERS, startRedis } from "./harness/redis.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

Deno.test("backups_run_in_the_foreground", async (t) => {
  await using redis = await startRedis();
  await fillCluster(redis.client);
  using folder = makeFolder();
  const socket = `${folder.path}/backup.sock`;
  await Deno.mkdir(`${folder.path}/bin`);
  await standIn(folder.path, 0);
  const runs = (): string[] => readLines(`${folder.path}/ran`);
  const ctl = async (...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await rclonegwctl(["backup", ...args]);
    equal(code, 0, stdout + stderr);
  };
  const ask = async (method: string, path: string): Promise<[number, Record<string, unknown>]> => {
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
    const answer = await fetch(`http://host${path}`, { client, method });
    const text = await answer.text();
    return [answer.status, answer.ok ? JSON.parse(text) : { text }];
  };
  await ctl(
    "add",
    "--destination",
    DESTINATION,
    "--schedule",
    "*:*:0/2",
    "--retention",
    "3",
    "--modules",
    "dokuwiki1",
  );

  {
    await using schedule = start(folder.path, socket);
    await t.step("a backup is run again and again", async () => {
      await eventually("three runs", () => runs().length >= 3);
      ok(runs().every((line) => line === "--backup=1"));
    });

    await t.step("an alteration takes over at once", async () => {
      await ctl("alter", "1", "--schedule", "yearly");
      await eventually("it is told", () => schedule.said().includes('timer started: Backup 1 at "yearly"'));
      const before = runs().length;
      await new Promise((resolve) => setTimeout(resolve, 4500));
      ok(runs().length <= before + 1);
    });

    await t.step("it is started when the gateway asks, once at a time, and its end is told", async () => {
      equal(((await Deno.lstat(socket)).mode ?? 0) & 0o777, 0o600);
      await standIn(folder.path, 7, 2);
      const before = runs().length;
      const [status, started] = await ask("POST", "/backups/1/run");
      deepEqual([status, started["state"]], [200, "running"]);
      deepEqual(await ask("POST", "/backups/1/run"), [200, started]);
      const ended = await eventually("it has ended", async () => {
        const [, run] = await ask("GET", "/backups/1");
        return run["state"] === "ended" ? run : undefined;
      });
      deepEqual([ended["code"], runs().length], [7, before + 1]);
      equal((await ask("POST", "/backups/2/run"))[0], 404);
      equal((await ask("GET", "/"))[0], 404);
    });

    await t.step("what only systemd can read is told, and nothing else stops", async () => {
      await redis.client.hSet("cluster/backup/1", "schedule", "*-02~01");
      await redis.client.publish("cluster/event/backup-schedule-changed", '{"backup_ids":["1"]}');
      await eventually("it is told", () => /schedule is "\*-02~01"/.test(schedule.said()));
      equal((await ask("GET", "/backups/1"))[0], 200);
    });

    await t.step("Redis may go and come back", async () => {
      await redis.container.kill();
      await eventually("it is told", () => schedule.said().includes("Redis is away"));
      equal((await ask("POST", "/backups/1/run"))[0], 503);
      await redis.container.start();
      await eventually(
        "Redis is back",
        async () => redis.client.isReady && await redis.client.ping() === "PONG",
      );
      // Without files: it comes back empty, and nothing is taken for removed.
      await eventually("it is told", () => schedule.said().includes("cluster/acls is empty"));
      await fillCluster(redis.client);
    });

    await t.step("it ends in order, and its runs with it", async () => {
      equal(await schedule.end(), 0);
      ok(!await Deno.lstat(socket).then(() => true, () => false));
    });
  }

  await t.step("a run that was missed is made up for, and metrics of what is gone are removed", async () => {
    await standIn(folder.path, 0);
    await ctl(
      "add",
      "--destination",
      DESTINATION,
      "--schedule",
      "daily",
      "--retention",
      "3",
      "--modules",
      "mail1",
    );
    const stamp = `${folder.path}/state/timers/backup1`;
    const past = new Date(Date.now() - 3 * 86_400_000);
    await Deno.writeTextFile(stamp, "");
    await Deno.utime(stamp, past, past);
    await Deno.mkdir(`${folder.path}/prom`, { recursive: true });
    for (const name of ["backup1.prom", "backup7.prom"]) {
      await Deno.writeTextFile(`${folder.path}/prom/${name}`, "");
    }
    const before = runs().length;
    await using schedule = start(folder.path, socket);
    await eventually("it is made up for", () => runs().length > before);
    match(schedule.said(), /metrics of backup 7 removed/);
    deepEqual([...Deno.readDirSync(`${folder.path}/prom`)].map(({ name }) => name), ["backup1.prom"]);
    equal(runs().length, before + 1);
  });
});

/** schedule-backup in the foreground, with the rights it has when it is installed. */
function start(folder: string, socket: string): AsyncDisposable & { said(): string; end(): Promise<number> } {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--config",
      `${ROOT}deno.json`,
      "-P=backup",
      `${ROOT}scripts/schedule_backup.ts`,
      "run",
    ],
    env: {
      ...SETTINGS,
      REDIS_USER: REDIS_USERS.operator.user,
      REDIS_PASSWORD: REDIS_USERS.operator.password,
      AUTHZ_REDIS_USER: "",
      AUTHZ_REDIS_PASSWORD: "",
      PATH: `${folder}/bin:${Deno.env.get("PATH")}`,
      FOLDER: folder,
      BACKUP_SOCKET: socket,
      BACKUP_STATE_DIR: `${folder}/state`,
      BACKUP_PROM_DIR: `${folder}/prom`,
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let text = "";
  const read = (async () => {
    const decoder = new TextDecoder();
    for await (const piece of child.stderr) text += decoder.decode(piece, { stream: true });
  })();
  let over = false;
  const end = async (): Promise<number> => {
    if (!over) child.kill("SIGTERM");
    over = true;
    await read;
    return (await child.status).code;
  };
  return { said: () => text, end, [Symbol.asyncDispose]: async () => void await end() };
}

/** In the place of run-backup: a line for each run. */
async function standIn(folder: string, code: number, seconds = 0): Promise<void> {
  await Deno.writeTextFile(
    `${folder}/bin/run-backup.new`,
    `#!/bin/sh\necho "$*" >>"$FOLDER/ran"\nsleep ${seconds}\nexit ${code}\n`,
    { mode: 0o755 },
  );
  await Deno.rename(`${folder}/bin/run-backup.new`, `${folder}/bin/run-backup`);
}

function readLines(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
