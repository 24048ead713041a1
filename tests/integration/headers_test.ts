import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { authzApp } from "../../authz/app.ts";
import { parseAppType } from "../../gateway/domain/app_type.ts";
import { parseUuid } from "../../gateway/domain/uuid.ts";
import { renderBundle } from "../../gateway/render/bundle.ts";
import { basic, DESTINATION, DOKUWIKI1, repositoryUrl, sha256 } from "./harness/cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { IMAGES, makeFolder, startContainer } from "./harness/podman.ts";
import { REST } from "./harness/request.ts";

/** What may reach rclone, and nothing else: HAProxy's configuration says why. */
const MAY_PASS = new Set(
  ("accept content-length content-type depth destination expect host if if-match if-modified-since if-none-match " +
    "if-range if-unmodified-since lock-token overwrite range timeout transfer-encoding user-agent").split(
      " ",
    ),
);

// The image's HAProxy and the real sidecar, with a server in rclone's place that says what reached it.
Deno.test("only_the_headers_that_rclone_needs_reach_it_and_the_path_as_it_came", async (t) => {
  using run = makeFolder();
  const id = parseUuid(DESTINATION);
  const moduleUuid = parseUuid(DOKUWIKI1.uuid);
  const appType = parseAppType("dokuwiki");
  assert(id !== undefined && moduleUuid !== undefined && appType !== undefined);
  const bundle = renderBundle({
    complete: true,
    destinations: [{
      id,
      name: "",
      provider: "cluster",
      serving: { kind: "local", remote: { parameters: [["type", "local"]], path: "/srv/repo" } },
    }],
    networks: [],
    ownAddress: undefined,
    peers: [],
    unreachable: [],
    problems: [],
  }, () => "test");
  const instance = `${run.path}/rclone/${DESTINATION}.test`;
  for (const folder of ["haproxy", "authz", "current", `rclone/${DESTINATION}.test`]) {
    Deno.mkdirSync(`${run.path}/${folder}`, { recursive: true });
  }
  for (const [file, text] of Object.entries(bundle.haproxy)) {
    Deno.writeTextFileSync(`${run.path}/current/${file}`, text);
  }

  const reached: { path: string; headers: Headers }[] = [];
  const echo = Deno.serve({ path: `${instance}/rest-append.sock`, onListen() {} }, (request) => {
    reached.push({ path: request.url, headers: request.headers });
    return new Response("reached");
  });
  const account = { enabled: true, digests: [Buffer.from(sha256(DOKUWIKI1.secret), "hex")] };
  const sidecar = Deno.serve(
    { path: `${run.path}/authz/authz.sock`, onListen() {} },
    authzApp({
      facts: {
        nodes: () => Promise.resolve([]),
        account: (name) => Promise.resolve(name === DOKUWIKI1.name ? account : undefined),
        generation: () => 0,
        settled: () => Promise.resolve(),
        grants: () => Promise.resolve({ own: { appType, moduleUuid }, restore: undefined }),
      },
    }).fetch,
  );
  await new Deno.Command("chmod", { args: ["-R", "a+rwX", run.path] }).output();
  await using _haproxy = await startContainer("haproxy", IMAGES.gateway, [
    "--entrypoint=haproxy",
    "--volume",
    `${run.path}:/run/gateway`,
    "--env=BIND_ADDRESS=127.0.0.1",
    "--env=PORT=4694",
    "--env=GATEWAY_BUNDLE=/run/gateway/current",
  ], [
    "-db",
    "-f",
    "/opt/rclone-gateway/gateway/haproxy/base.cfg",
    "-f",
    "/run/gateway/current/backends.cfg",
  ]);
  await eventually(
    "HAProxy answers",
    async () => (await fetch("http://127.0.0.1:4694/")).body?.cancel().then(() => true),
  );

  try {
    const path = `${new URL(repositoryUrl(DOKUWIKI1)).pathname}/data/`;
    const lines = [
      `GET ${path} HTTP/1.1`,
      "Host: 127.0.0.1:4694",
      `Accept: ${REST}`,
      `Authorization: ${basic(DOKUWIKI1)}`,
      "User-Agent: restic",
      "X-Forwarded-For: 10.0.0.1",
      "X-Forwarded-Host: elsewhere",
      "Forwarded: for=10.0.0.1",
      "X-Original-URL: /secret",
      "X-Rewrite-URL: /secret",
      "X-HTTP-Method-Override: DELETE",
      "X-Method-Override: DELETE",
      "X-Request-Id: mine",
      "X-Gateway-Verdict: yes",
      "X-Gateway-Server: rest-full",
      "Proxy-Authorization: Basic eDp5",
      "Cookie: a=b",
      "Upgrade: other",
      "Connection: keep-alive, upgrade, x-keep",
      "X-Keep: kept?",
    ];
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: 4694 });
    await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
    const answer = new Uint8Array(4096);
    const text = new TextDecoder().decode(answer.subarray(0, await connection.read(answer) ?? 0));
    assert.match(text, /^HTTP\/1.1 200 /);
    const [request] = reached;
    assert(request !== undefined);

    await t.step("headers", () => {
      assert(request.headers.has("user-agent"));
      for (const name of request.headers.keys()) assert(MAY_PASS.has(name), `${name} reached rclone`);
    });
    await t.step("the path", () => assert.equal(new URL(request.path).pathname, path));
    await t.step("the request's id is the gateway's own", () => {
      const ids = [...text.matchAll(/^x-request-id: (.*)\r$/gim)].map(([, value]) => value);
      assert.equal(ids.length, 1);
      assert.match(ids[0] ?? "", /^[0-9a-f-]{36}$/);
    });
    await t.step("what the sidecar refuses reaches nobody", async () => {
      const before = reached.length;
      const refused = await fetch(`http://127.0.0.1:4694${path}`, { headers: { accept: REST } });
      assert.deepEqual([refused.status, await refused.text() !== "reached", reached.length], [
        401,
        true,
        before,
      ]);
    });
    await t.step("an answer to another question is no answer", async () => {
      await sidecar.shutdown();
      let honest = true;
      const liar = Deno.serve(
        { path: `${run.path}/authz/authz.sock`, onListen() {} },
        ({ headers }) =>
          new Response(null, {
            headers: {
              "x-gateway-id": honest ? headers.get("x-gateway-id") ?? "" : "somebody else's",
              "x-gateway-verdict": "yes",
              "x-gateway-server": "rest-append",
              "x-gateway-destination": DESTINATION,
              "x-gateway-lookup": "no",
            },
          }),
      );
      Deno.chmodSync(`${run.path}/authz/authz.sock`, 0o777);
      const status = async (): Promise<number> => {
        const answer = await fetch(`http://127.0.0.1:4694${path}`, { headers: { accept: REST } });
        await answer.body?.cancel();
        return answer.status;
      };
      assert.equal(await status(), 200, "whoever answers at this socket with the right id is believed");
      const before = reached.length;
      honest = false;
      assert.deepEqual([await status(), reached.length], [503, before]);
      await liar.shutdown();
    });
  } finally {
    await Promise.all([echo.shutdown(), sidecar.shutdown().catch(() => {})]);
  }
});
