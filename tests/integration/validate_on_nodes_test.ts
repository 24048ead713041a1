// slow
// A destination is tried on every node before it is stored, and what one node sends another is judged like a stranger's text.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { LOGIN, PORTS, startRefusing } from "./destinations/storages.ts";
import { asked, assertStrangersText, post } from "./destinations/strangers_text.ts";
import { DOKUWIKI2 } from "./harness/cluster.ts";
import { startNodes, tellingLogs } from "./harness/nodes.ts";
import { DISK2, nodeIdentity, S3 } from "./harness/nodes/contents.ts";
import { type Ended, podman } from "./harness/podman.ts";
import { rclonegwctlInImage } from "./harness/rclonegwctl.ts";
import { request } from "./harness/request.ts";
import { at, rcloneOk } from "./harness/storage/rclone.ts";
import { startWebdav } from "./harness/storage/webdav.ts";

const CONF = "private/nodes/backup_destination/rclone_conf";
/** Of the test itself, on the storages' network; and of node 3 there. */
const HERE = "10.5.9.253";
const NODE3 = "10.5.9.3";
/** The same WebDAV server twice: as every node can use it, and so that node 3 may not write there. */
const [FOR_ALL, NOT_FOR_3] = [9190, 9191];

const OK = { list: "ok", write: "ok", delete: "ok" };
const CANNOT_WRITE = { list: "ok", write: "failed", delete: "not-tried" };
const NOT_TRIED = { list: "not-tried", write: "not-tried", delete: "not-tried" };

type Row = Readonly<Record<"node" | "list" | "write" | "delete", string>> & { readonly note?: string };
const steps = (rows: readonly Row[]): Record<string, unknown> =>
  Object.fromEntries(
    rows.map(({ node, list, write, delete: deleted }) => [node, { list, write, delete: deleted }]),
  );

Deno.test("a_destination_is_tried_on_every_node", async (t) => {
  await using cluster = await startNodes({ nodes: 3 });
  const [one, two, three] = [cluster.node(1), cluster.node(2), cluster.node(3)];
  await using webdav = await startWebdav({ port: PORTS.webdav, password: LOGIN.password });
  const behind = `127.0.0.1:${PORTS.webdav}`;
  await using _all = startRefusing("PUT", FOR_ALL, behind, { hostname: HERE, only: "nobody" });
  await using _some = startRefusing("PUT", NOT_FOR_3, behind, { hostname: HERE, only: NODE3 });
  const step = (name: string, body: () => Promise<void>): Promise<boolean> =>
    t.step(name, () => tellingLogs(cluster, body));
  const printed: string[] = [];
  const ctl = async (args: string[], input?: string): Promise<Ended> => {
    const ended = await rclonegwctlInImage(["destination", ...args], {
      ...input === undefined ? {} : { input },
      env: { REDIS_ADDRESS: `${one.host}:6379` },
      podman: [`--volume=${one.state}:/var/lib/rclone-gateway`],
    });
    printed.push(ended.stdout, ended.stderr);
    return ended;
  };
  const ends = async (code: number, args: string[], input?: string): Promise<Ended> => {
    const ended = await ctl(args, input);
    equal(ended.code, code, `destination ${args.join(" ")}: ${ended.stdout}${ended.stderr}`);
    return ended;
  };
  const stored = async (): Promise<string[]> => (await cluster.leader.client.hKeys(CONF)).sort();
  const described = (port: number): string =>
    JSON.stringify({
      provider: "webdav",
      url: `webdav:http://${HERE}:${port}/files`,
      parameters: { webdav_vendor: "other", webdav_user: LOGIN.user, webdav_pass: LOGIN.password },
    });
  const first = await stored();
  let id = "";
  let section = "";

  await step("what every node can use is stored, and each of them is named", async () => {
    const { stdout, stderr } = await ends(0, ["add", "--stdin", "--json"], described(FOR_ALL));
    const added = JSON.parse(stdout);
    deepEqual(steps(added.nodes), { 1: OK, 2: OK, 3: OK });
    match(stderr, /^Asking nodes 2, 3 to try it, too/m);
    deepEqual(await stored(), [...first, added.id].sort());
    section = await cluster.leader.client.hGet(CONF, added.id) ?? "";
    const trials = (await webdav.requests()).filter((line) => line.includes("rclone-gateway-trial-"));
    equal(new Set(trials.map((line) => /rclone-gateway-trial-[0-9a-f-]+/.exec(line)?.[0])).size, 3);
    ok(trials.some((line) => line.startsWith("DELETE ")));
  });

  await step("a_destination_that_another_node_cannot_write_is_refused_and_the_node_named", async () => {
    const before = await stored();
    const { stderr, stdout } = await ends(1, ["add", "--stdin"], described(NOT_FOR_3));
    match(stderr, /^Cannot add webdav:http.*\. Nothing was changed\.$/m);
    match(stderr, /^ {2}- node 3: write failed \(the credentials may only read there/m);
    ok(!/node [12]:/.test(stderr), stderr);
    match(stdout, /^NODE +LIST +WRITE +DELETE +NOTE$/m);
    match(stdout, /^1 +ok +ok +ok$/m);
    match(stdout, /^3 +ok +failed +not-tried +rclone says: .*403/m);
    deepEqual(await stored(), before);
  });

  await step("force_stores_it_all_the_same", async () => {
    const { stdout, stderr } = await ends(0, ["add", "--stdin", "--force", "--json"], described(NOT_FOR_3));
    const added = JSON.parse(stdout);
    id = added.id;
    deepEqual(steps(added.nodes), { 1: OK, 2: OK, 3: CANNOT_WRITE });
    match(stderr, /Done all the same \(--force\): node 3: write failed/);
    ok((await stored()).includes(id));
  });

  await step("what is altered is tried everywhere, and a wrong password on this node alone", async () => {
    const before = await cluster.leader.client.hGet(CONF, id);
    const refused = await ends(1, ["alter", id, "--webdav-pass-file=-", "--json"], LOGIN.password);
    match(refused.stderr, /node 3: write failed/);
    deepEqual(steps(JSON.parse(refused.stdout).nodes), { 1: OK, 2: OK, 3: CANNOT_WRITE });
    const wrong = await ends(1, ["alter", id, "--webdav-pass-file=-"], "wrong-password-8f");
    match(wrong.stderr, /list failed on node 1/);
    ok(!wrong.stderr.includes("Asking"), wrong.stderr);
    equal(await cluster.leader.client.hGet(CONF, id), before);
    await ends(0, ["remove", id]);
  });

  await step("a node that is cut off from a stored destination is named", async () => {
    await three.plugStorage("out");
    const { stdout } = await ends(1, ["validate", S3, "--json"]);
    await three.plugStorage("in");
    deepEqual(steps(JSON.parse(stdout).nodes), {
      1: OK,
      2: OK,
      3: { ...NOT_TRIED, list: "failed" },
    });
  });

  await step("a node's disk is tried by that node, and the others say whether they reach it", async () => {
    const { nodes } = JSON.parse((await ends(0, ["validate", DISK2, "--json"])).stdout);
    deepEqual(steps(nodes), { 1: NOT_TRIED, 2: OK, 3: NOT_TRIED });
    for (const { node, note } of nodes as Row[]) {
      if (node !== "2") equal(note, "it is node 2's disk, and that node's gateway is reached");
    }
  });

  await step("what an operator trusts is tried on his node alone, and he is told", async () => {
    const conf = "[x]\ntype = alias\nremote = /tmp\n";
    const { stderr, stdout } = await ends(
      0,
      ["validate", "--stdin", "--trust-commands"],
      JSON.stringify({ provider: "rclone", parameters: { rclone_conf_secret: conf, basepath: "" } }),
    );
    match(stderr, /Other nodes are not asked: they do not try what another node sends/);
    match(stdout, /worked on node 1: /);
  });

  await step("what_another_node_sends_is_judged_like_a_strangers_text", () => assertStrangersText(two));

  await step("modules_may_not_post_there", async () => {
    const text = asked("[x]\ntype = s3\nprovider = Other\n");
    equal((await post(two, text, DOKUWIKI2)).status, 403);
    equal((await post(two, text, { ...nodeIdentity(1), secret: "wrong" })).status, 401);
    equal((await post(two, text, undefined)).status, 401);
    const got = await request("GET", `http://${two.host}:4694/-/validate`, {
      as: nodeIdentity(1),
      rest: false,
    });
    equal(got.status, 404);
  });

  await step("a_node_that_is_down_is_reported_and_not_fatal", async () => {
    await three.gateway.kill();
    const { stdout } = await ends(0, ["validate", S3]);
    match(stdout, /^3 +not-tried +not-tried +not-tried +its gateway does not answer/m);
    match(stdout, /list, write and delete worked on nodes 1, 2: /);
  });

  await step("this node's gateway is down: the operator is told that nobody else was asked", async () => {
    await one.gateway.kill();
    const { stdout, stderr } = await ends(0, ["validate", S3]);
    match(stderr, /Other nodes are not asked: this node's gateway does not answer/);
    match(stdout, /worked on node 1: /);
  });

  await step("nothing_is_left_behind_in_the_storage", async () => {
    deepEqual([...Deno.readDirSync(`${webdav.folder}/files`)].map(({ name }) => name), []);
    equal(
      await rcloneOk(cluster.storage, ["lsf", "--include=rclone-gateway-trial-*", at(cluster.storage)]),
      "",
    );
    const disk = await podman("volume", "inspect", "--format", "{{.Mountpoint}}", two.disk);
    const names = [...Deno.readDirSync(disk)].map(({ name }) => name);
    deepEqual(names.filter((name) => name.includes("trial")), []);
  });

  await step("no secret was printed or logged", async () => {
    const logs = await Promise.all(cluster.nodes.map(({ gateway }) => gateway.logs()));
    const text = [...printed, ...logs].join("\n");
    const obscured = /^pass = (.+)$/m.exec(section)?.[1];
    for (const secret of [LOGIN.password, cluster.storage.login.password, obscured]) {
      ok(secret !== undefined && secret.length > 10 && !text.includes(secret));
    }
    ok(text.includes("refused to try what another node sent"));
  });
});
