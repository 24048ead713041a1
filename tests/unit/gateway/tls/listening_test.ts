import assert from "node:assert/strict";
import { tlsEnvironment } from "../../../../gateway/tls/listening.ts";

Deno.test("loopback_is_clear_text_and_all_else_is_tls", async (test) => {
  const cases: [bind: string, clear: string | undefined, tls: string | undefined][] = [
    ["*", "127.0.0.1:4694", "*:4694"],
    ["0.0.0.0", "127.0.0.1:4694", "0.0.0.0:4694"],
    ["::", "127.0.0.1:4694,[::1]:4694", ":::4694"],
    ["0:0:0:0:0:0:0:0", "127.0.0.1:4694,[::1]:4694", "0:0:0:0:0:0:0:0:4694"],
    ["127.0.0.1", "127.0.0.1:4694", undefined],
    ["127.8.9.1", "127.8.9.1:4694", undefined],
    ["::1", "::1:4694", undefined],
    ["localhost", "localhost:4694", undefined],
    ["10.5.4.1", undefined, "10.5.4.1:4694"],
    ["fd00::1", undefined, "fd00::1:4694"],
    ["node1.example", undefined, "node1.example:4694"],
  ];
  for (const [bindAddress, clear, tls] of cases) {
    await test.step(bindAddress, () => {
      assert.deepEqual(tlsEnvironment({ bindAddress, port: 4694, tlsCert: "/c", tlsCa: undefined }), {
        TLS_CERT: "/c",
        ...clear === undefined ? {} : { LISTEN_CLEAR: clear },
        ...tls === undefined ? {} : { LISTEN_TLS: tls },
      });
    });
  }
});

Deno.test("without_a_certificate_haproxy_hears_nothing_of_tls", () => {
  const settings = { bindAddress: "*", port: 4694, tlsCert: undefined, tlsCa: undefined };
  assert.deepEqual(tlsEnvironment(settings), {});
  assert.equal(tlsEnvironment({ ...settings, tlsCert: "/c", tlsCa: "/ca" })["TLS_CA"], "/ca");
});
