// With TLS_CERT every address but loopback is TLS only, and the certificate is replaced while the gateway runs.
import assert from "node:assert/strict";
import { makeAuthority, makeTlsFolder } from "./harness/certificates.ts";
import { DOKUWIKI1, fillCluster, repositoryUrl, sha256 } from "./harness/cluster.ts";
import { announce, removeDestination, storeDisk } from "./harness/destinations.ts";
import { eventually } from "./harness/eventually.ts";
import {
  environmentFile,
  GATEWAY,
  haproxyProcess,
  HEALTH,
  SETTINGS,
  startGateway,
} from "./harness/gateway.ts";
import { within } from "../../gateway/within.ts";
import { pacedUpload } from "./harness/paced_upload.ts";
import { IMAGES, makeFolder, run } from "./harness/podman.ts";
import { startRedis } from "./harness/redis.ts";
import { request } from "./harness/request.ts";
import { RESTIC_VERSIONS, resticOk } from "./harness/restic.ts";
import { makeTree } from "./harness/tree.ts";

/** This node's address in the cluster's network. */
const ADDRESS = "10.5.4.1";
const SERVER = `https://${ADDRESS}:4694`;
/** Longer than `timeout client-hs` in base.cfg, and much shorter than `timeout client`. */
const SILENT_MS = 60_000;
const onTls = (url: string): string => url.replace(GATEWAY, SERVER);
const CONFIG = `${repositoryUrl(DOKUWIKI1)}/config`;

async function addAddress(address: string): Promise<void> {
  await new Deno.Command("ip", { args: ["address", "add", `${address}/32`, "dev", "lo"] }).output();
}

const readiness = async (): Promise<string> => await (await fetch(`${HEALTH}/readyz`)).text();

Deno.test("all_but_loopback_is_tls_from_1_2_on", async (t) => {
  await addAddress(ADDRESS);
  await using redis = await startRedis();
  await fillCluster(redis.client);
  using authority = await makeAuthority("clients");
  using tls = makeTlsFolder(await authority.issue(ADDRESS));
  await using gateway = await startGateway(tls);
  using client = Deno.createHttpClient({ caCerts: [authority.pem] });

  await t.step("loopback stays clear text", async () => {
    const created = await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, {
      as: DOKUWIKI1,
      rest: false,
    });
    assert.equal(created.status, 200, created.text);
  });
  await t.step("clear text to another address is not served, and not asked for credentials", async () => {
    const clear = CONFIG.replace("127.0.0.1", ADDRESS);
    await assert.rejects(request("GET", clear, { as: DOKUWIKI1 }), TypeError);
    await assert.rejects(request("GET", clear), TypeError);
    assert.match(await gateway.logs(), /"from":"10\.5\.4\.1","reason":"[^"]*http request/);
  });
  await t.step("TLS is served there from 1.2 on, as HTTP/1", async () => {
    const handshake = async (...version: string[]): Promise<string> => {
      const ended = await run("podman", [
        ...["run", "--rm", "--network=host", "--entrypoint=openssl", IMAGES.gateway, "s_client"],
        ...[
          "-connect",
          `${ADDRESS}:4694`,
          "-alpn",
          "h2,http/1.1",
          "-cipher",
          "DEFAULT@SECLEVEL=0",
          ...version,
        ],
      ]);
      return `${ended.code} ${ended.stdout}${ended.stderr}`;
    };
    for (const version of ["-tls1_2", "-tls1_3"]) {
      assert.match(await handshake(version), /^0 [^]*ALPN protocol: http\/1\.1/, version);
    }
    assert.match(await handshake("-tls1_1"), /^1 [^]*alert protocol version/);
  });
  await t.step("who connects and says nothing does not stay", async () => {
    using connection = await Deno.connect({ hostname: ADDRESS, port: 4694 });
    const closed = connection.read(new Uint8Array(1)).then(() => "closed", () => "closed");
    assert.equal((await within(closed, SILENT_MS))?.value, "closed");
  });
  await t.step("REST and WebDAV over TLS", async () => {
    const body = "an object";
    const object = onTls(`${repositoryUrl(DOKUWIKI1)}/data/${sha256(body)}`);
    assert.equal((await request("POST", object, { as: DOKUWIKI1, body, client })).status, 200);
    assert.equal((await request("GET", object, { as: DOKUWIKI1, client })).text, body);
    const webdav = object.replace("/data/", `/data/${sha256(body).slice(0, 2)}/`);
    assert.equal((await request("GET", webdav, { as: DOKUWIKI1, client, rest: false })).text, body);
    assert.equal((await request("GET", object, { client })).status, 401);
  });
  await t.step("restic backs up over TLS", async () => {
    using source = makeFolder();
    makeTree(source.path, 20, 3_000_000);
    using trusted = makeFolder();
    Deno.writeTextFileSync(`${trusted.path}/ca.pem`, authority.pem);
    const folders = { [source.path]: "/data:ro", [trusted.path]: "/tls:ro" };
    for (const [index, version] of RESTIC_VERSIONS.entries()) {
      const options = { as: DOKUWIKI1, folders, server: SERVER, version };
      const ca = ["--cacert", "/tls/ca.pem"];
      if (index === 0) await resticOk([...ca, "init"], options);
      await resticOk([...ca, "backup", "/data"], options);
      assert.match(await resticOk([...ca, "check", "--read-data"], options), /no errors were found/);
    }
  });
});

Deno.test("a_changed_certificate_is_served_without_a_cut_and_a_broken_one_is_not_loaded", async (t) => {
  await addAddress(ADDRESS);
  await using redis = await startRedis();
  await fillCluster(redis.client);
  using before = await makeAuthority("before");
  using after = await makeAuthority("after");
  const second = await after.issue(ADDRESS);
  using tls = makeTlsFolder(await before.issue(ADDRESS));
  await using gateway = await startGateway(tls);
  const served = async (authority: string): Promise<boolean> => {
    using client = Deno.createHttpClient({ caCerts: [authority] });
    return await request("GET", onTls(CONFIG), { as: DOKUWIKI1, client }).then(() => true, () => false);
  };
  await request("POST", `${repositoryUrl(DOKUWIKI1)}/?create=true`, { as: DOKUWIKI1, rest: false });
  assert.deepEqual([await served(before.pem), await served(after.pem)], [true, false]);

  await t.step("an upload goes on while the certificate is replaced", async () => {
    const body = new Uint8Array(600_000).fill(7);
    let ended = false;
    const upload = pacedUpload(onTls(`${repositoryUrl(DOKUWIKI1)}/data/${sha256(body)}`), {
      as: DOKUWIKI1,
      body,
      bytesPerSecond: 30_000,
      caCerts: [before.pem],
    }).finally(() => ended = true);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    tls.swap(second);
    await eventually("the new one is served", () => served(after.pem));
    assert.equal(await served(before.pem), false);
    assert.equal(ended, false, "the upload has ended before: nothing was tried");
    assert.equal(await upload, 200);
    assert.match(await gateway.logs(), /HAProxy reloaded \(TLS_CERT or TLS_CA holds something else\)/);
  });
  await t.step("a half-written file changes nothing, and the status says so", async () => {
    tls.overwrite(second.slice(0, second.indexOf("PRIVATE KEY") + 60));
    await eventually(
      "the status says so",
      async () => /^certificate: .*\/tls\/tls\.pem/m.test(await readiness()),
    );
    assert.equal(await served(after.pem), true);
    assert.match(await gateway.logs(), /Cannot load a certificate: .*What was loaded before is still served/);
  });
  await t.step("what changes in Redis is applied meanwhile", async () => {
    const id = "5a1c2d3e-0000-4000-8000-0000000000aa";
    const url = `${repositoryUrl(DOKUWIKI1, id)}/config`;
    const says = async (): Promise<string> => (await request("GET", url, { as: DOKUWIKI1 })).text;
    assert.match(await says(), /is not known to this cluster/);
    await storeDisk(redis.client, { id, name: "The same disk once more", host: ADDRESS });
    await announce(redis.client, id);
    await eventually("it is known", async () => /it is the same disk as/.test(await says()));
    await removeDestination(redis.client, id);
    await announce(redis.client, id);
    await eventually("it is not any more", async () => /is not known/.test(await says()));
    assert.equal(await served(after.pem), true);
  });
  await t.step("HAProxy that has to start again has the one from before", async () => {
    Deno.kill(await haproxyProcess(gateway, "master"), "SIGKILL");
    await eventually("it is served again", () => served(after.pem));
  });
  await t.step("a key of another certificate changes nothing either, and a good file mends it", async () => {
    const other = await after.issue(ADDRESS);
    const key = "-----BEGIN PRIVATE KEY-----";
    tls.swap(second.split(key)[0] + key + other.split(key)[1]);
    await eventually(
      "the status says so",
      async () => /^certificate: .*inconsistencies/m.test(await readiness()),
    );
    assert.equal(await served(after.pem), true);
    tls.swap(other);
    await eventually("all is well", async () => await readiness() === "ok\n");
    assert.equal(await served(after.pem), true);
    const { certificate } = await (await fetch(`${HEALTH}/status`)).json();
    assert.ok(Date.parse(certificate.expires) > Date.now());
  });
});

Deno.test("files_that_cannot_be_used_end_with_2_and_their_names", async (t) => {
  using authority = await makeAuthority("clients");
  const good = await authority.issue(ADDRESS);
  const key = "-----BEGIN PRIVATE KEY-----";
  const cases: [name: string, certificate: string, ca: string | undefined, says: RegExp][] = [
    ["no key", good.split(key)[0] ?? "", undefined, /TLS_CERT \/tls\/tls\.pem holds no private key/],
    ["no certificate", key + good.split(key)[1], undefined, /TLS_CERT \/tls\/tls\.pem holds no certificate/],
    ["cut off", good.slice(0, good.indexOf(key) + 60), undefined, /TLS_CERT .*'\/tls\/tls\.pem'/],
    ["an authority that is none", good, "hello", /TLS_CA \/tls\/ca\.pem holds no certificate/],
    ["an authority that is cut off", good, authority.pem.slice(0, 100), /'?\/tls\/ca\.pem/],
  ];
  for (const [name, certificate, ca, says] of cases) {
    await t.step(name, async () => {
      using tls = makeTlsFolder(certificate, ca);
      using file = environmentFile({ ...SETTINGS, ...tls.settings });
      const ended = await run("podman", [
        ...["run", "--rm", "--network=host", "--env-file", file.path, ...tls.args, IMAGES.gateway],
      ], { timeoutMs: 30_000 });
      assert.equal(ended.code, 2, ended.stderr);
      assert.match(ended.stderr, says);
      assert.doesNotMatch(ended.stderr, /PRIVATE KEY/);
    });
  }
});
