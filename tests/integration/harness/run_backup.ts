import type { Redis } from "../../../gateway/redis/connection.ts";
import type { ModuleStatus } from "../../../backup/status.ts";
import { DESTINATION, NODE1, repositoryUrl, type TestIdentity } from "./cluster.ts";
import { SETTINGS } from "./gateway.ts";
import { type Ended, IMAGES, LABEL, makeFolder } from "./podman.ts";
import { REDIS_USERS } from "./redis.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

/**
 * The smallest real module-backup: restic in a container with the module's own credentials. Files in the module's folder make it do
 * what a module may do: `locked` (how often another run holds it), `fail`, `wait` (until that file is gone).
 */
const MODULE_BACKUP = `#!/bin/sh
set -u
cd "$STAND_IN/$3"
left=$(cat locked 2>/dev/null || echo 0)
if [ "$left" -gt 0 ]; then
  echo $((left - 1)) >locked
  exit 3
fi
trap 'echo ended in order >ended; exit 130' TERM
echo $$ >pid
if [ -e fail ]; then
  echo "module-dump-state ended with 7" >&2
  exit 1
fi
for _ in $(seq 600); do
  [ -e wait ] || break
  echo '{"message_type":"status","percent_done":0.5}'
  sleep 0.1
done
. ./access
restic() {
  podman run --rm --network=host --pull=never --label "$LABEL" --env=RESTIC_REPOSITORY --env=RESTIC_REST_USERNAME \\
    --env=RESTIC_REST_PASSWORD --env=RESTIC_PASSWORD --volume="$PWD/data:/srv/state:ro" "$IMAGE" --no-cache "$@"
}
restic cat config >/dev/null 2>&1 || restic init >/dev/null
restic backup --json --host "$UUID" /srv/state
`;

/** Where this host's backups keep what they know, and modules that can be made to misbehave. */
export type BackupHost = AsyncDisposable & {
  /** below it: state, prom, lock, and a folder for each module */
  readonly path: string;
  /** runs run-backup to its end */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** starts it */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Deno.ChildProcess;
  /** makes a module misbehave; without a text it is well again */
  misbehave(module: TestIdentity, how: "locked" | "fail" | "wait", text?: string): Promise<void>;
  /** `backup<id>.prom` */
  metrics(id?: string): Promise<string>;
};

/** A host with the given modules. */
export async function backupHost(modules: readonly TestIdentity[]): Promise<BackupHost> {
  const folder = makeFolder();
  const { path } = folder;
  await Deno.writeTextFile(`${path}/module-backup`, MODULE_BACKUP, { mode: 0o755 });
  for (const module of modules) {
    const at = `${path}/${idOf(module)}`;
    await Deno.mkdir(`${at}/data`, { recursive: true });
    await Deno.writeTextFile(`${at}/data/page.txt`, `a page of ${module.name}\n`.repeat(1000));
    const access = {
      RESTIC_REPOSITORY: `rest:${repositoryUrl(module)}/`,
      RESTIC_REST_USERNAME: module.name,
      RESTIC_REST_PASSWORD: module.secret,
      RESTIC_PASSWORD: "restic-password-Lm7",
      UUID: module.uuid,
      IMAGE: IMAGES.restic,
      LABEL,
    };
    await Deno.writeTextFile(
      `${at}/access`,
      Object.entries(access).map(([name, value]) => `export ${name}='${value}'\n`).join(""),
    );
  }
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Deno.ChildProcess =>
    new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--config",
        `${ROOT}deno.json`,
        "-P=backup",
        `${ROOT}scripts/run_backup.ts`,
        ...args,
      ],
      env: {
        ...SETTINGS,
        REDIS_USER: REDIS_USERS.backup.user,
        REDIS_PASSWORD: REDIS_USERS.backup.password,
        NODE_PASSWORD: NODE1.secret,
        AUTHZ_REDIS_USER: "",
        AUTHZ_REDIS_PASSWORD: "",
        RESTIC_IMAGE: IMAGES.restic,
        // As the installed command has it.
        DENO_NO_UPDATE_CHECK: "1",
        STAND_IN: path,
        MODULE_BACKUP_COMMAND: `${path}/module-backup`,
        BACKUP_STATE_DIR: `${path}/state`,
        BACKUP_PROM_DIR: `${path}/prom`,
        BACKUP_LOCK_DIR: `${path}/lock`,
        BACKUP_RETRY_INTERVAL: "1",
        BACKUP_RETRY_TIMEOUT: "60",
        ...env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  return {
    path,
    start,
    async run(args, env) {
      const { code, stdout, stderr } = await start(args, env).output();
      return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
    },
    async misbehave(module, how, text) {
      const file = `${path}/${idOf(module)}/${how}`;
      if (text === undefined) await Deno.remove(file);
      else await Deno.writeTextFile(file, text);
    },
    metrics: (id = "1") => Deno.readTextFile(`${path}/prom/backup${id}.prom`),
    async [Symbol.asyncDispose]() {
      for (const { uuid } of modules) {
        await new Deno.Command("podman", {
          args: ["volume", "rm", "--force", `restic-node-${uuid}`],
          stdout: "null",
        })
          .output();
      }
      folder[Symbol.dispose]();
    },
  };
}

/** A definition of backups, as NethServer 8 leaves it in Redis. */
export async function storeBackup(
  redis: Redis,
  modules: readonly TestIdentity[],
  fields: Readonly<Record<string, string>> = {},
): Promise<void> {
  await redis.hSet("cluster/backup/1", {
    name: "Every night",
    repository: DESTINATION,
    schedule: "*-*-* 02:00:00",
    enabled: "1",
    instances: modules.map(idOf).join(" "),
    retention: "3",
    ...fields,
  });
}

/** What Redis holds of the last runs. */
export async function statuses(redis: Redis): Promise<Record<string, ModuleStatus>> {
  const hash = await redis.hGetAll("node/1/backup_status/1");
  return Object.fromEntries(Object.entries(hash).map(([module, text]) => [module, JSON.parse(text)]));
}

/** JSON lines, each as it is. */
export function parseLines(stdout: string): Record<string, unknown>[] {
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

export function idOf({ name }: TestIdentity): string {
  return name.slice("module/".length);
}
