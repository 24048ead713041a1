import type { Redis } from "../../../gateway/redis/connection.ts";
import { aclLine, DESTINATION, type TestIdentity } from "./cluster.ts";
import { LABEL, makeFolder, podman, run } from "./podman.ts";

/**
 * A module that no other test has: the names of its container and its volumes are this host's, and root's Podman is one for all
 * tests. Added to the cluster, as part of the backup 1.
 */
export async function addOwnModule(redis: Redis): Promise<TestIdentity & { readonly id: string }> {
  const id = `dokuwiki${Deno.pid}`;
  const module = {
    id,
    name: `module/${id}`,
    secret: "secret-of-own-module-Rr6",
    uuid: "d0000009-0000-4000-8000-000000000009",
  };
  await redis.sAdd("cluster/acls", aclLine(module));
  await redis.hSet("cluster/module_uuid", id, module.uuid);
  await redis.hSet("cluster/module_node", id, "1");
  await redis.hSet("cluster/backup/1", {
    name: "Nightly",
    repository: DESTINATION,
    schedule: "daily",
    retention: "3",
    instances: `${id} mail1`,
    enabled: "1",
  });
  return module;
}

/** Volumes of root's Podman, by their very names, removed at the end of its scope. */
export async function makeVolumes(...names: string[]): Promise<AsyncDisposable> {
  for (const name of names) await podman("volume", "create", "--label", LABEL, name);
  return {
    async [Symbol.asyncDispose]() {
      await run("podman", ["volume", "rm", "--force", ...names]);
    },
  };
}

/** A module's folder as NethServer 8 has it, with the module's credentials in it; removed at the end of its scope. */
export type TestFolder = Disposable & {
  /** what MODULE_FOLDERS has to be for it to be found */
  readonly pattern: string;
  readonly path: string;
  /** writes `state/…`, `etc/…` or `bin/…`, as the folder's owner's; a program with mode 0o755 */
  write(file: string, text: string, mode?: number): void;
  /** a program in `bin/` */
  program(name: string, script: string): void;
};

/** root's, or somebody else's in a home folder: `home` holds `.config` then, which is the module's. */
export function makeModuleFolder(
  { name, secret, uuid }: TestIdentity,
  { uid, home }: { uid: number; home?: Disposable & { readonly path: string } } = { uid: 0 },
): TestFolder {
  const folder = home ?? makeFolder();
  const id = name.slice("module/".length);
  const below = home === undefined ? "" : "/.config";
  const path = `${folder.path}/${id}${below}`;
  Deno.mkdirSync(path, { recursive: true });
  Deno.chownSync(path, uid, uid);
  for (const part of ["bin", "etc", "state"]) {
    Deno.mkdirSync(`${path}/${part}`);
    Deno.chownSync(`${path}/${part}`, uid, uid);
  }
  const write = (file: string, text: string, mode = 0o644): void => {
    Deno.writeTextFileSync(`${path}/${file}`, text);
    Deno.chmodSync(`${path}/${file}`, mode);
    Deno.chownSync(`${path}/${file}`, uid, uid);
  };
  write(
    "state/environment",
    `MODULE_ID=${id}\nMODULE_UUID=${uuid}\nIMAGE_URL=example/${id}:1\nGREETING=it's "$(id)"\n`,
  );
  write("state/agent.env", `REDIS_USER=${name}\nREDIS_PASSWORD=${secret}\n`, 0o600);
  return {
    pattern: `${folder.path}/{id}${below}`,
    path,
    write,
    program: (name, script) => write(`bin/${name}`, `#!/bin/sh\nset -eu\n${script}\n`, 0o755),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}
