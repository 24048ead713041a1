import assert from "node:assert/strict";
import * as paths from "../../../gateway/paths.ts";

const read = (path: string): string => Deno.readTextFileSync(new URL(`../../../${path}`, import.meta.url));

/** A file that is not TypeScript -> the paths that it has to name, each as it stands there. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  "gateway/haproxy/base.cfg": [
    `stats socket ${paths.HAPROXY_ADMIN_SOCKET} `,
    `server controller unix@${paths.KEEPER_SOCKET}\n`,
    `bind unix@${paths.VOUCHING_SOCKET} `,
    `bind unix@${paths.ASKING_SOCKET} `,
    `lua-load-per-thread ${paths.HOME}/gateway/haproxy/authz.lua\n`,
    `lua-load-per-thread ${paths.HOME}/gateway/haproxy/keeper.lua\n`,
  ],
  "gateway/haproxy/authz.lua": [`SIDECAR = "unix@${paths.AUTHZ_SOCKET}"`],
  "gateway/haproxy/keeper.lua": [
    `KEEPER = "unix@${paths.KEEPER_SOCKET}"`,
    `INSTANCES = "${paths.INSTANCES}/"`,
  ],
  "gateway/services/authz/run": [
    `s6-envdir -f ${paths.ENV}/authz `,
    `--config ${paths.HOME}/deno.json `,
    ` ${paths.HOME}/bundles/authz/main.js`,
  ],
  "gateway/services/controller/run": [
    `s6-envdir -f ${paths.ENV}/controller `,
    `--config ${paths.HOME}/deno.json `,
    ` ${paths.HOME}/bundles/gateway/controller.js'\n`,
  ],
  "gateway/services/haproxy/run": [
    `s6-envdir -f ${paths.ENV}/haproxy `,
    `-S ${paths.HAPROXY_MASTER_SOCKET},`,
    `-f ${paths.HOME}/gateway/haproxy/base.cfg `,
    `-f ${paths.CURRENT}/backends.cfg\n`,
  ],
  "gateway/services/rclone/run": [
    `cd "${paths.INSTANCES}/$1"`,
    `"unix://${paths.INSTANCES}/$1/control.sock"`,
  ],
  "gateway/services/.s6-svscan/SIGTERM": [
    `services=${paths.SERVICES}\n`,
    `<${paths.ENV}/stop-grace\n`,
    `<${paths.ENV}/state-dir\n`,
  ],
  "gateway/entrypoint": [`home=${paths.HOME}\n`, `s6-svscan ${paths.SERVICES}\n`],
  "gateway/takeover": [`repo=${paths.LOCAL_REPOSITORIES}\n`],
};

/** Everything below these is named in paths.ts. */
const KNOWN: readonly string[] = Object.values(paths);

Deno.test("what_is_not_typescript_names_the_same_paths", async (test) => {
  for (const [file, expected] of Object.entries(NAMED)) {
    await test.step(file, () => {
      const text = read(file);
      for (const path of expected) {
        assert.ok(text.includes(path), `${file} does not name ${JSON.stringify(path)}`);
      }
    });
  }
});

Deno.test("no_path_is_named_that_paths_ts_does_not_know", async (test) => {
  for (const file of Object.keys(NAMED)) {
    await test.step(file, () => {
      for (const [path] of read(file).matchAll(/\/(?:run\/gateway|opt\/rclone-gateway|srv\/repo)[\w./-]*/g)) {
        const clean = path.replace(/[./]+$/, "");
        const within = KNOWN.filter((known) => clean === known || clean.startsWith(`${known}/`));
        // /run/gateway itself says nothing: what is below it has to be known more closely, or be a service's own folder.
        const below = within.some((known) => known !== paths.RUN) || clean === paths.RUN ||
          /^\/run\/gateway\/(haproxy|authz)$/.test(clean);
        assert.ok(below, `${file} names ${path}`);
      }
    });
  }
});

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

Deno.test("the_permission_sets_allow_the_same_paths", () => {
  const { permissions } = JSON.parse(read("deno.json"));
  assert.deepEqual(permissions.authz.net, [`unix:${paths.AUTHZ_SOCKET}`, `unix:${paths.VOUCHING_SOCKET}`]);
  const folder = folderOf(paths.AUTHZ_SOCKET);
  assert.deepEqual(permissions.authz.read, [folder, paths.VOUCHING_SOCKET]);
  assert.deepEqual(permissions.authz.write, [folder, paths.VOUCHING_SOCKET]);
  for (const name of ["boot", "controller"]) {
    for (const path of [paths.RUN, paths.LOCAL_REPOSITORIES]) {
      assert.ok(permissions[name].write.includes(path), `${name} may not write ${path}`);
    }
  }
  assert.ok(permissions.controller.read.includes(`${paths.HOME}/deno.json`));
});

Deno.test("the_sidecar_may_run_nothing_and_reach_only_its_sockets_and_redis", () => {
  const { authz } = JSON.parse(read("deno.json")).permissions;
  assert.deepEqual(Object.keys(authz).sort(), ["env", "net", "read", "write"]);
  const run = read("gateway/services/authz/run");
  assert.deepEqual([...run.matchAll(/--(?:allow|deny)-\S+|-A\b/g)].map(([flag]) => flag), [
    `--allow-net="unix:$AUTHZ_SOCKET,unix:${paths.VOUCHING_SOCKET},$AUTHZ_REDIS_ADDRESS"`,
    // Its sockets, as in the permission set, which this replaces; and who created which lock.
    `--allow-read="${folderOf(paths.AUTHZ_SOCKET)},${paths.VOUCHING_SOCKET},$AUTHZ_LOCKS"`,
  ]);
});
