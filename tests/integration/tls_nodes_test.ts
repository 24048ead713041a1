// slow
// With TLS_CERT and TLS_CA nodes speak TLS to one another, and each wants to see the other's certificate.
import assert from "node:assert/strict";
import {
  type Authority,
  makeAuthority,
  makeTlsFolder,
  splitPem,
  type TlsFolder,
} from "./harness/certificates.ts";
import { DOKUWIKI1 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { HEALTH } from "./harness/gateway.ts";
import { startNodes, tellingLogs } from "./harness/nodes.ts";
import { DISK2, nodeIdentity } from "./harness/nodes/contents.ts";
import { makeFolder } from "./harness/podman.ts";
import { request } from "./harness/request.ts";
import { makeTree } from "./harness/tree.ts";

/** The test's own address in the cluster's network: no node's. */
const TEST = "10.5.4.254";

Deno.test("nodes_check_one_another", async (t) => {
  using authority = await makeAuthority("nodes");
  using foreign = await makeAuthority("nodes");
  using stack = new DisposableStack();
  const folders: TlsFolder[] = [];
  await using cluster = await startNodes({
    nodes: 2,
    async gateway(_, host) {
      const folder = stack.use(makeTlsFolder(await authority.issue(host), authority.pem));
      folders.push(folder);
      return folder;
    },
  });
  const [one, two] = [cluster.node(1), cluster.node(2)];
  const step = (name: string, body: () => Promise<void>): Promise<boolean> =>
    t.step(name, () => tellingLogs(cluster, body));
  using source = makeFolder();
  makeTree(source.path, 20, 3_000_000);
  const options = { as: DOKUWIKI1, destination: DISK2, folders: { [source.path]: "/data:ro" } };
  /** What node 1 hears from node 2. */
  const told = async (): Promise<{ status?: unknown; because?: string }> => {
    const nodes = JSON.parse((await one.request("GET", `${HEALTH}/cluster`, { timeoutMs: 20_000 })).text);
    return nodes.find(({ node }: { node: string }) => node === "2");
  };

  await step("restic backs up to the disk of another node", async () => {
    await one.resticOk(["init"], options);
    await one.resticOk(["backup", "/data"], options);
    assert.match(await one.resticOk(["check", "--read-data"], options), /no errors were found/);
  });
  await step("a node hears from another how it is", async () => {
    assert.equal((await told()).because, undefined);
  });
  await step("who has a node's secret and no certificate of the nodes is told nothing", async () => {
    const ask = async (from: Authority | undefined): Promise<number> => {
      using client = Deno.createHttpClient({
        caCerts: [authority.pem],
        ...from === undefined ? {} : splitPem(await from.issue(TEST)),
      });
      const url = `https://${two.host}:4694/-/status`;
      return (await request("GET", url, { as: nodeIdentity(1), client, rest: false })).status;
    };
    assert.equal(await ask(undefined), 403);
    assert.equal(await ask(authority), 200);
    await assert.rejects(ask(foreign), TypeError);
  });
  await step("on loopback there is no TLS, and the node's own questions are answered", async () => {
    const answer = await two.request("GET", "http://127.0.0.1:4694/-/status", {
      as: nodeIdentity(2),
      rest: false,
    });
    assert.equal(answer.status, 200, answer.text);
  });
  await step("a node whose certificate becomes another authority's is left alone, with 503", async () => {
    const good = await authority.issue(two.host);
    folders[1]?.swap(await foreign.issue(two.host));
    const config = (): ReturnType<typeof one.request> =>
      one.request("GET", urlOfConfig(), { as: DOKUWIKI1, timeoutMs: 20_000 });
    await eventually("node 2 is not believed any more", async () => (await config()).status === 503);
    assert.match((await config()).text, /has no valid certificate/);
    assert.match((await told()).because ?? "", /answers 503/);
    folders[1]?.swap(good);
    await eventually("it is again", async () => (await config()).status === 200);
    assert.equal((await told()).because, undefined);
  });
});

function urlOfConfig(): string {
  return `http://127.0.0.1:4694/${DISK2}/dokuwiki/${DOKUWIKI1.uuid}/config`;
}
