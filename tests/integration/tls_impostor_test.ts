// A node that cannot show a certificate of the nodes' authority for its address gets nobody's credentials.
import assert from "node:assert/strict";
import { makeAuthority, makeTlsFolder, splitPem, type TlsFolder } from "./harness/certificates.ts";
import { basic, DOKUWIKI1, fillCluster, repositoryUrl } from "./harness/cluster.ts";
import { storeDisk } from "./harness/destinations.ts";
import { startGateway } from "./harness/gateway.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";

const [FIRST, SECOND] = ["10.5.4.1", "10.5.4.2"];
const OTHER = "5a1c2d3e-0000-4000-8000-000000000002";
const URL_OF_OTHER = `${repositoryUrl(DOKUWIKI1, OTHER)}/config`;

/** Whoever listens where the second node's gateway should: all that it was sent, decrypted where it speaks TLS. */
function listenAsSecond(certificate: string | undefined): AsyncDisposable & { readonly heard: () => string } {
  const at = { hostname: SECOND, port: 4694 };
  const listener = certificate === undefined
    ? Deno.listen(at)
    : Deno.listenTls({ ...at, ...splitPem(certificate) });
  let heard = "";
  const open = new Set<Deno.Conn>();
  const serve = async (connection: Deno.Conn): Promise<void> => {
    open.add(connection);
    const buffer = new Uint8Array(65_536);
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      heard += new TextDecoder("latin1").decode(buffer.subarray(0, count));
      if (heard.endsWith("\r\n\r\n")) {
        await connection.write(
          new TextEncoder().encode("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        );
      }
    }
  };
  const accepting = (async () => {
    // It throws when it is closed; a handshake that fails is a connection's.
    for await (const connection of listener) void serve(connection).catch(() => {});
  })().catch(() => {});
  return {
    heard: () => heard,
    async [Symbol.asyncDispose]() {
      listener.close();
      // One that was believed once would be used again.
      for (const connection of open) connection.close();
      // Until then the address is taken.
      await accepting;
    },
  };
}

Deno.test("credentials_go_only_to_who_shows_a_certificate_for_its_address", async (t) => {
  for (const address of [FIRST, SECOND]) {
    await new Deno.Command("ip", { args: ["address", "add", `${address}/32`, "dev", "lo"] }).output();
  }
  await using redis = await startRedis();
  await fillCluster(redis.client);
  await redis.client.sAdd("cluster/acls", "user node/2 on #00 ~* &* +@all");
  await redis.client.hSet("node/2/vpn", "ip_address", SECOND);
  await storeDisk(redis.client, { id: OTHER, name: "Disk of node 2", host: SECOND });
  using authority = await makeAuthority("nodes");
  using foreign = await makeAuthority("nodes");
  const first = await authority.issue(FIRST);
  const secret = basic(DOKUWIKI1);
  const ask = (): ReturnType<typeof request> => request("GET", URL_OF_OTHER, { as: DOKUWIKI1 });

  await t.step("between nodes with an authority", async (t) => {
    using tls = makeTlsFolder(first, authority.pem);
    await using _gateway = await start(tls);
    await t.step("who shows one gets the request", async () => {
      await using second = listenAsSecond(await authority.issue(SECOND));
      const answer = await ask();
      assert.equal(answer.status, 404, answer.text);
      assert.ok(
        second.heard().includes(secret),
        "what is sent is not heard here: the other steps say nothing",
      );
    });
    const impostors: [name: string, certificate: string | undefined][] = [
      ["another authority's for the right address", await foreign.issue(SECOND)],
      ["the right authority's for another address", first],
      ["none, in clear text", undefined],
    ];
    for (const [name, certificate] of impostors) {
      await t.step(`who shows ${name} gets nothing`, async () => {
        await using second = listenAsSecond(certificate);
        const answer = await ask();
        assert.equal(answer.status, 503, answer.text);
        assert.match(answer.text, /does not answer, or has no valid certificate/);
        assert.doesNotMatch(second.heard(), /authorization|HTTP\/1/i);
        if (certificate === undefined) {
          assert.ok(second.heard().startsWith("\x16\x03"), "it was not asked at all");
        }
      });
    }
  });
  await t.step("without an authority nobody gets anything", async () => {
    using tls = makeTlsFolder(first);
    await using gateway = await start(tls);
    for (const certificate of [undefined, await authority.issue(SECOND)]) {
      await using second = listenAsSecond(certificate);
      const answer = await ask();
      assert.equal(answer.status, 503);
      assert.match(answer.text, /TLS_CERT is set and TLS_CA is not/);
      assert.equal(second.heard(), "");
    }
    assert.match(await gateway.logs(), /Warning: TLS_CERT is set and TLS_CA is not/);
  });
  await t.step("without TLS it is as it was: clear text inside the cluster's network", async () => {
    await using _gateway = await start();
    await using second = listenAsSecond(undefined);
    const answer = await ask();
    assert.equal(answer.status, 404, answer.text);
    assert.ok(second.heard().includes(secret));
  });
});

/** On loopback only: the other addresses are the others'. */
function start(tls?: TlsFolder): ReturnType<typeof startGateway> {
  const settings = { ...tls?.settings, BIND_ADDRESS: "127.0.0.1" };
  return startGateway({ settings, ...tls === undefined ? {} : { args: tls.args } });
}
