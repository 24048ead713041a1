import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { TestIdentity } from "../harness/cluster.ts";
import { HEALTH } from "../harness/gateway.ts";
import type { ClusterNode } from "../harness/nodes.ts";
import { nodeIdentity } from "../harness/nodes/contents.ts";
import { podman } from "../harness/podman.ts";
import { request } from "../harness/request.ts";

/** What a node sends another, as JSON. */
export const asked = (section: string, change: Record<string, unknown> = {}): string =>
  JSON.stringify({ provider: "rclone", url: "", basepath: "files", section, ...change });

/** One request to a node's control path. */
export function post(
  node: ClusterNode,
  text: string,
  as: TestIdentity | undefined,
): ReturnType<typeof request> {
  return request("POST", `http://${node.host}:4694/-/validate`, {
    ...as === undefined ? {} : { as },
    rest: false,
    body: text,
  });
}

/** With a node's own credentials, straight to another node: nothing that is sent may run, read or write anything there. */
export async function assertStrangersText(node: ClusterNode): Promise<void> {
  // Where the gateway could write, and this test can look.
  const seen = await podman("volume", "inspect", "--format", "{{.Mountpoint}}", node.state);
  const inside = "/var/lib/rclone-gateway";
  await Deno.writeTextFile(`${seen}/secret-file`, "content-of-a-file-9c\n", { mode: 0o644 });
  const before = [...Deno.readDirSync(seen)].map(({ name }) => name).sort();
  const touch = `touch ${inside}/ran`;
  const sftp = "[x]\ntype = sftp\nhost = 127.0.0.1\nuser = x\n";
  const hostile: [name: string, text: string, says: RegExp][] = [
    ["a command", asked(`${sftp}ssh = ${touch} --\n`), /ssh is refused: it runs a command/],
    [
      "a command for a token",
      asked(`[x]\ntype = webdav\nurl = http://127.0.0.1:1\nbearer_token_command = ${touch}\n`),
      /bearer_token_command is refused/,
    ],
    [
      "a command, and the word of the sender",
      asked(`${sftp}ssh = ${touch} --\n`, { trusted: true }),
      /other fields/,
    ],
    ["a file as a key", asked(`${sftp}key_file = ${inside}/secret-file\n`), /key_file is refused/],
    ["the local disk", asked("[x]\ntype = local\n", { basepath: inside }), /type local is refused/],
    ["it by another name", asked(`[x]\ntype = alias\nremote = ${inside}\n`), /type alias is refused/],
    ["it in a union", asked(`[x]\ntype = union\nupstreams = ${inside}\n`), /type union is refused/],
    ["it in a combine", asked(`[x]\ntype = combine\nupstreams = a=${inside}\n`), /type combine is refused/],
    ["it encrypted", asked(`[x]\ntype = crypt\nremote = ${inside}\n`), /type crypt is refused/],
    ["a second section", asked(`${sftp}[y]\ntype = local\n`), /more than one section/],
    [
      "rclone's own options",
      asked(`${sftp}global.password_command = ${touch}\n`),
      /global\.password_command/,
    ],
    ["a path upwards", asked(sftp, { basepath: `../..${inside}` }), /a folder \.\./],
    [
      "another node's disk that is none",
      asked("", { provider: "cluster", url: "webdav:http://a@10.5.4.1:4694" }),
      /url is not webdav/,
    ],
    ["no JSON", "[x]\ntype = local\n", /not a JSON object/],
  ];
  const answers = [];
  for (const [name, text, says] of hostile) {
    answers.push({ name, says, answer: await post(node, text, nodeIdentity(1)) });
  }
  // What ran would have left something here.
  deepEqual([...Deno.readDirSync(seen)].map(({ name }) => name).sort(), before);
  for (const { name, says, answer } of answers) {
    equal(answer.status, 400, `${name}: ${answer.text}`);
    match(answer.text, says, name);
    ok(!answer.text.includes(inside) && !answer.text.includes("content-of-a-file"), answer.text);
  }
  for (const length of [64 * 1024 + 1, 8 << 20]) {
    const answer = await post(node, asked("x".repeat(length)), nodeIdentity(1));
    equal(answer.status, 413, answer.text);
  }
  // An address that is no node's is not asked, whatever this node's secret would open there.
  const listener = Deno.listen({ hostname: "10.5.4.254", port: 4694 });
  const heard = listener.accept().then((connection) => (connection.close(), true), () => false);
  const elsewhere = asked("", { provider: "cluster", url: "webdav:http://10.5.4.254:4694" });
  match((await post(node, elsewhere, nodeIdentity(1))).text, /no node has the address/);
  listener.close();
  equal(await heard, false);
  equal((await node.request("GET", `${HEALTH}/healthz`)).status, 200);
}
