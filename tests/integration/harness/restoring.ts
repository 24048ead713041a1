import assert from "node:assert/strict";
import { accessTo, type Repository, repositoryName } from "../../../backup/restic/access.ts";
import { formatRecord } from "../../../backup/records.ts";
import { restic } from "../../../backup/restic/restic.ts";
import { appTypeOf } from "../../../gateway/domain/app_type.ts";
import { parseUuid, type Uuid } from "../../../gateway/domain/uuid.ts";
import type { Redis } from "../../../gateway/redis/connection.ts";
import { DESTINATION, NODE1, type TestIdentity } from "./cluster.ts";
import { GATEWAY } from "./gateway.ts";
import { type Ended, IMAGES, makeFolder, run } from "./podman.ts";
import { rclonegwctl } from "./rclonegwctl.ts";

export const RESTIC_PASSWORD = "restic-password-Lm7";
Deno.env.set("RESTIC_IMAGE", IMAGES.restic);

/** Folders of modules, as a host has them, and the environment in which programs find them. */
export type Modules = Disposable & {
  readonly environment: Readonly<Record<string, string>>;
  /** the module's folder, with its state, its environment and its credentials */
  add(module: TestIdentity): string;
};

export function makeModules(): Modules {
  const folder = makeFolder();
  return {
    environment: {
      MODULE_FOLDERS: `${folder.path}/{id}`,
      BACKUP_LOCK_DIR: `${folder.path}/.locks`,
      NODE_PASSWORD: NODE1.secret,
      RESTIC_IMAGE: IMAGES.restic,
    },
    add(module) {
      const path = `${folder.path}/${idOf(module)}`;
      Deno.mkdirSync(`${path}/state`, { recursive: true });
      Deno.writeTextFileSync(`${path}/state/environment`, `MODULE_UUID=${module.uuid}\n`);
      Deno.writeTextFileSync(
        `${path}/state/agent.env`,
        `REDIS_USER=${module.name}\nREDIS_PASSWORD=${module.secret}\n`,
        { mode: 0o600 },
      );
      return path;
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** The operator's command on such a host. */
export function ctl(modules: Modules, args: readonly string[]): Promise<Ended> {
  return rclonegwctl(args, modules.environment);
}

/** The same, and it has to end with 0. Returns what it printed. */
export async function ctlOk(modules: Modules, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ctl(modules, args);
  assert.equal(code, 0, `rclonegwctl ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** A module's repository. */
export function repositoryOf(module: TestIdentity, destination = DESTINATION): Repository {
  const [appType, moduleUuid, id] = [appTypeOf(idOf(module)), parseUuid(module.uuid), parseUuid(destination)];
  assert(appType !== undefined && moduleUuid !== undefined && id !== undefined);
  return { destination: id, path: { appType, moduleUuid } };
}

export function uuidOf(module: TestIdentity): Uuid {
  return repositoryOf(module).path.moduleUuid;
}

/** restic with a module's credentials, as its backups run it; in a repository of its own unless another's is given. */
export async function resticAs(
  module: TestIdentity,
  args: readonly string[],
  { of = module, destination = DESTINATION, mounts = {} }: {
    of?: TestIdentity;
    destination?: string;
    mounts?: Readonly<Record<string, string>>;
  } = {},
): Promise<Ended> {
  return await restic({
    access: accessTo(
      GATEWAY,
      repositoryOf(of, destination),
      { user: module.name, secret: module.secret },
      RESTIC_PASSWORD,
    ),
    args,
    mounts: Object.entries(mounts).map(([source, target]) => ({ source, target })),
  });
}

/** A backup of `state` and `volumes` below /srv, as NethServer 8 makes it. Returns the snapshot's id. */
export async function backUp(
  module: TestIdentity,
  mounts: Readonly<Record<string, string>>,
  { destination = DESTINATION, args = [] }: { destination?: string; args?: readonly string[] } = {},
): Promise<string> {
  const ended = await resticAs(
    module,
    ["backup", "--json", `--host=${module.uuid}`, ...args, "state", "volumes"],
    { destination, mounts },
  );
  assert.equal(ended.code, 0, ended.stderr);
  const id = /"snapshot_id":"([0-9a-f]{64})"/.exec(ended.stdout)?.[1];
  assert(id !== undefined, ended.stdout);
  return id;
}

/** Makes a repository. */
export async function initRepository(module: TestIdentity, destination = DESTINATION): Promise<void> {
  const ended = await resticAs(module, ["init"], { destination });
  assert.equal(ended.code, 0, ended.stderr);
}

/** Records a snapshot, as a node that has seen it being made. */
export async function record(
  redis: Redis,
  module: TestIdentity,
  id: string,
  seen: number,
  destination = DESTINATION,
): Promise<void> {
  const name = repositoryName(repositoryOf(module, destination));
  await redis.hSet(
    `private/nodes/gateway/snapshots/${name}`,
    id,
    formatRecord({ id, seen, backup: "1", node: "1", bytes: 1, added: 1, files: 1 }),
  );
}

/** Throws where two trees are not the same, byte for byte. */
export async function assertSameTree(
  one: string,
  other: string,
  except: readonly string[] = [],
): Promise<void> {
  const { code, stdout, stderr } = await run("diff", [
    "--recursive",
    "--no-dereference",
    ...except.map((name) => `--exclude=${name}`),
    one,
    other,
  ]);
  assert.equal(code, 0, stdout + stderr);
}

export function idOf({ name }: TestIdentity): string {
  return name.slice("module/".length);
}
