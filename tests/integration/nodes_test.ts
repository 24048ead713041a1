// slow
import { deepEqual, equal, match } from "node:assert/strict";
import { DOKUWIKI1, MAIL1, repositoryUrl, type TestIdentity } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { startNodes, tellingLogs } from "./harness/nodes.ts";
import { DISK2, DOKUWIKI3, MAIL2, MODULES_OF, S3 } from "./harness/nodes/contents.ts";
import { makeFolder, run } from "./harness/podman.ts";
import { makeTree } from "./harness/tree.ts";

const GRANTS = "private/nodes/restore_uuid";

Deno.test("every_node_serves_what_all_reach_and_its_own_disk", async (t) => {
  await using cluster = await startNodes({ nodes: 3 });
  const step = (name: string, body: () => Promise<void>): Promise<boolean> =>
    t.step(name, () => tellingLogs(cluster, body));
  const modules = cluster.nodes.flatMap((node) =>
    (MODULES_OF[node.number] ?? []).map((module) => ({ node, module }))
  );
  using sources = makeFolder();
  const sourceOf = ({ name }: TestIdentity): string => `${sources.path}/${name.replace("/", "-")}`;
  for (const { module } of modules) makeTree(sourceOf(module), 120, 12_000_000);

  for (const [where, destination] of [["S3", S3], ["the disk of node 2", DISK2]] as const) {
    await step(
      `modules back up to ${where} through the gateway of their own node, on all nodes at once`,
      async () => {
        await Promise.all(cluster.nodes.map(async (node) => {
          for (const as of MODULES_OF[node.number] ?? []) {
            const options = { as, destination, folders: { [sourceOf(as)]: "/data:ro" } };
            await node.resticOk(["init"], options);
            match(await node.resticOk(["backup", "/data"], options), /Files: +121 new/);
          }
        }));
      },
    );

    await step(`check --read-data finds no errors in any of them on ${where}`, async () => {
      for (const { node, module } of modules) {
        match(
          await node.resticOk(["check", "--read-data"], { as: module, destination }),
          /no errors were found/,
        );
      }
    });

    for (
      const { of, by, on } of [
        { of: DOKUWIKI1, by: DOKUWIKI3, on: 3 },
        { of: MAIL2, by: MAIL1, on: 1 },
      ]
    ) {
      await step(
        `${by.name} on node ${on} restores ${of.name} of another node from ${where}, as long as it may`,
        async () => {
          const node = cluster.node(on);
          const config = async (): Promise<number> =>
            (await node.request("GET", `${repositoryUrl(of, destination)}/config`, { as: by })).status;
          equal(await config(), 403);
          await cluster.leader.client.hSet(GRANTS, by.uuid, of.uuid);
          await eventually("the grant has come to all nodes", async () => await config() === 200);

          using target = makeFolder();
          const options = { as: by, repositoryOf: of, destination, folders: { [target.path]: "/target" } };
          await node.resticOk(["restore", "latest", "--target", "/target"], options);
          const diff = await run("diff", ["-r", "--no-dereference", sourceOf(of), `${target.path}/data`]);
          deepEqual([diff.code, diff.stdout + diff.stderr], [0, ""]);

          await cluster.leader.client.hDel(GRANTS, by.uuid);
          await eventually("the end of the grant has, too", async () => await config() === 403);
        },
      );
    }
  }
});
