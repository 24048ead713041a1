import assert from "node:assert/strict";
import type { TlsFiles } from "../../../../gateway/render/bundle.ts";
import type { Problems } from "../../../../gateway/settings.ts";
import { type CertificateParts, Certificates } from "../../../../gateway/tls/certificates.ts";

const DAY_MS = 86_400_000;

/** Certificates whose files hold `files`; `events` says what they did. */
function given(change: Partial<CertificateParts> = {}) {
  const events: string[] = [];
  const disk: { files: TlsFiles | Problems } = { files: { "tls.pem": "first" } };
  const certificates = new Certificates({
    loaded: { "tls.pem": "first" },
    read: () => disk.files,
    objection: (files) => {
      events.push(`check ${files["tls.pem"]}`);
      return Promise.resolve(files["tls.pem"] === "broken" ? "bad end line" : undefined);
    },
    expires: () => Promise.resolve(new Date(10 * DAY_MS)),
    changed: () => Promise.resolve(void events.push(`load ${certificates.files["tls.pem"]}`)),
    log: (message) => events.push(message),
    now: () => 0,
    ...change,
  });
  return { certificates, disk, events };
}

Deno.test("a_file_that_holds_something_else_is_checked_and_loaded_once", async () => {
  const { certificates, disk, events } = given();
  await certificates.look();
  await certificates.look();
  disk.files = { "tls.pem": "second" };
  await certificates.look();
  await certificates.look();
  assert.deepEqual(events, ["check first", "check second", "load second"]);
  assert.deepEqual(certificates.status, { expires: "1970-01-11T00:00:00.000Z" });
});

Deno.test("what_haproxy_refuses_is_not_loaded_and_is_said_once", async () => {
  const { certificates, disk, events } = given();
  for (const files of [{ "tls.pem": "broken" }, { problems: ["TLS_CERT /c holds no private key"] }]) {
    events.length = 0;
    disk.files = files;
    await certificates.look();
    await certificates.look();
    assert.equal(certificates.files["tls.pem"], "first");
    assert.equal(
      events.filter((event) => /^Cannot load a certificate: .*still served$/.test(event)).length,
      1,
    );
    assert.match(certificates.status.because ?? "", /bad end line|no private key/);
  }
  disk.files = { "tls.pem": "first" };
  await certificates.look();
  assert.equal(certificates.status.because, undefined, "it is as before again");
  assert.ok(!events.some((event) => event.startsWith("load")));
});

Deno.test("what_has_changed_while_nobody_looked_is_loaded", async () => {
  const { certificates, events } = given({ loaded: { "tls.pem": "older" } });
  await certificates.look();
  assert.deepEqual(events, ["check first", "load first"]);
});

Deno.test("a_certificate_that_has_expired_is_said_once", async () => {
  let now = 0;
  const { certificates, events } = given({ now: () => now });
  await certificates.look();
  now = 11 * DAY_MS;
  await certificates.look();
  await certificates.look();
  assert.equal(events.filter((event) => /^Warning: .*has expired/.test(event)).length, 1);
  assert.match(certificates.status.because ?? "", /has expired on 1970-01-11/);
});

Deno.test("without_an_answer_the_last_expiry_is_told", async () => {
  let away = false;
  const expires = (): Promise<Date> =>
    away ? Promise.reject(new Error("gone")) : Promise.resolve(new Date(DAY_MS));
  const { certificates } = given({ expires });
  await certificates.look();
  away = true;
  await certificates.look();
  assert.deepEqual(certificates.status, { expires: "1970-01-02T00:00:00.000Z" });
});
