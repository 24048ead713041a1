// slow
// One command runs a backup on every node that holds modules of it, over the gateways, and tells what came of it on each.
import { equal, match, ok } from "node:assert/strict";
import { serveFor } from "../../backup/timers/serve.ts";
import { backupApp } from "../../backup/timers/backup_app.ts";
import { Runs } from "../../backup/timers/runs.ts";
import { DOKUWIKI1 } from "./harness/cluster.ts";
import { type ClusterNode, startNodes, tellingLogs } from "./harness/nodes.ts";
import { nodeIdentity, S3 } from "./harness/nodes/contents.ts";
import { type Ended, podman } from "./harness/podman.ts";
import { rclonegwctlInImage } from "./harness/rclonegwctl.ts";
import { request } from "./harness/request.ts";

const MODULES = ["wiki1", "wiki2", "wiki3"];

Deno.test("a_backup_runs_on_all_its_nodes", async (t) => {
  await using cluster = await startNodes({ nodes: 3 });
  const { client } = cluster.leader;
  const [one, two] = [cluster.node(1), cluster.node(2)];
  await using hosts = new AsyncDisposableStack();
  /** what the next run on a node ends with */
  const codes = new Map<number, number>();
  for (const node of cluster.nodes) hosts.use(await startHost(node, codes, client));
  const step = (name: string, body: () => Promise<void>): Promise<boolean> =>
    t.step(name, () => tellingLogs(cluster, body));
  const ctl = async (code: number, ...args: string[]): Promise<Ended> => {
    const ended = await rclonegwctlInImage(["backup", ...args], {
      env: { REDIS_ADDRESS: `${one.host}:6379` },
      podman: [`--volume=${one.state}:/var/lib/rclone-gateway`],
    });
    equal(ended.code, code, `backup ${args.join(" ")}: ${ended.stdout}${ended.stderr}`);
    return ended;
  };
  for (const [index, module] of MODULES.entries()) {
    await client.hSet("cluster/module_node", module, String(index + 1));
  }
  await ctl(
    0,
    "add",
    "--destination",
    S3,
    "--schedule",
    "daily",
    "--retention",
    "3",
    "--modules",
    ...MODULES,
  );

  await step("each node and module is told", async () => {
    const { stdout } = await ctl(0, "run", "1");
    for (const [index, module] of MODULES.entries()) {
      match(stdout, new RegExp(`^${module} on node ${index + 1}: success$`, "m"));
      match(stdout, new RegExp(`^node ${index + 1}: done$`, "m"));
    }
  });

  await step("one that fails is named, and the others are done all the same", async () => {
    codes.set(2, 1);
    const { stdout, stderr } = await ctl(1, "run", "1");
    match(stdout, /^wiki1 on node 1: success$/m);
    match(stdout, /^wiki3 on node 3: success$/m);
    match(stderr, /^ {2}- node 2 failed \(exit code 1\)$/m);
    match(stderr, /^ {2}- wiki2 on node 2 failed: backup failed: no space$/m);
    ok(!/node [13]/.test(stderr.replace(/^Running .*/m, "")), stderr);
    codes.clear();
  });

  await step("modules may not start backups, and nobody without a secret", async () => {
    const url = `http://${two.host}:4694/-/backups/1/run`;
    const post = (as?: { name: string; secret: string; uuid: string }) =>
      request("POST", url, { ...as === undefined ? {} : { as }, rest: false, body: "{}" });
    equal((await post(DOKUWIKI1)).status, 403);
    equal((await post()).status, 401);
    equal((await post({ ...nodeIdentity(1), secret: "wrong" })).status, 401);
    const got = await request("GET", `http://${two.host}:4694/-/backups/1`, {
      as: nodeIdentity(1),
      rest: false,
    });
    equal(got.status, 200);
    equal(JSON.parse(got.text).state, "ended");
  });

  await step("a node whose host or gateway is away is a failure, and named", async () => {
    const folder = await stateFolder(two);
    await Deno.remove(`${folder}/backup.sock`);
    await cluster.node(3).gateway.kill();
    const { stdout, stderr } = await ctl(1, "run", "1");
    match(stdout, /^wiki1 on node 1: success$/m);
    match(
      stderr,
      /^ {2}- node 2 could not be asked: its host does not answer over .*backup-timers\.service/m,
    );
    match(stderr, /^ {2}- node 3 could not be asked: /m);
  });
});

/** The host's part of a node: what schedule-backup is there, with a stand-in for the backup itself. */
async function startHost(
  node: ClusterNode,
  codes: ReadonlyMap<number, number>,
  redis: { hSet(key: string, field: string, value: string): Promise<unknown> },
): Promise<AsyncDisposable> {
  const module = MODULES[node.number - 1] ?? "";
  let count = 0;
  const runs = new Runs({
    runningSince: () => Promise.resolve(undefined),
    async run(id) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const code = codes.get(node.number) ?? 0;
      const steps = code === 0
        ? { backup: { kind: "done" }, manifest: { kind: "done" } }
        : { backup: { kind: "failed", because: "no space" } };
      const status = { start: ++count, end: count, errors: code, steps };
      await redis.hSet(`node/${node.number}/backup_status/${id}`, module, JSON.stringify(status));
      return code;
    },
  }, console.error);
  const app = backupApp({ runs, isKnown: () => Promise.resolve(true) });
  const server = await serveFor(`${await stateFolder(node)}/backup.sock`, app.fetch);
  return { [Symbol.asyncDispose]: () => server.shutdown().catch(() => {}) };
}

function stateFolder({ state }: ClusterNode): Promise<string> {
  return podman("volume", "inspect", "--format", "{{.Mountpoint}}", state);
}
