import assert from "node:assert/strict";
import { readTlsFiles } from "../../../../gateway/tls/read_files.ts";

const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const key = (kind: string): string =>
  `-----BEGIN ${kind}PRIVATE KEY-----\ns3cr3t\n-----END ${kind}PRIVATE KEY-----\n`;

const FILES: Readonly<Record<string, string>> = {
  "/good": CERTIFICATE + key(""),
  "/ec": CERTIFICATE + key("EC "),
  "/ca": CERTIFICATE,
  "/encrypted": CERTIFICATE + key("ENCRYPTED "),
  "/old-encrypted": CERTIFICATE + key("RSA ").replace("s3cr3t", "Proc-Type: 4,ENCRYPTED\ns3cr3t"),
  "/key": key(""),
  "/text": "hello",
  "/empty": "",
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw new Deno.errors.NotFound(`readfile '${path}'`);
  return text;
}

function problems(tlsCert: string, tlsCa?: string): readonly string[] {
  const read = readTlsFiles({ tlsCert, tlsCa }, readFile);
  assert.ok("problems" in read, "there is no problem");
  assert.doesNotMatch(read.problems.join(), /s3cr3t/, "a problem holds a secret");
  return read.problems;
}

Deno.test("what_the_files_hold_is_loaded_as_it_is", () => {
  const read = (tlsCert?: string, tlsCa?: string) => readTlsFiles({ tlsCert, tlsCa }, readFile);
  assert.deepEqual(read(), {});
  assert.deepEqual(read("/good"), { "tls.pem": FILES["/good"] });
  assert.deepEqual(read("/ec", "/ca"), { "tls.pem": FILES["/ec"], "ca.pem": FILES["/ca"] });
});

Deno.test("a_file_that_cannot_be_used_is_named_with_what_it_lacks", async (test) => {
  const cases: [name: string, found: readonly string[], says: readonly RegExp[]][] = [
    ["absent", problems("/absent"), [/^TLS_CERT \/absent cannot be read \(NotFound\)$/]],
    ["ca_absent", problems("/good", "/absent"), [/^TLS_CA \/absent cannot be read/]],
    ["no_key", problems("/ca"), [/^TLS_CERT \/ca holds no private key/]],
    ["no_certificate", problems("/key"), [/^TLS_CERT \/key holds no certificate/]],
    ["encrypted", problems("/encrypted"), [/^TLS_CERT \/encrypted holds an encrypted key/]],
    ["encrypted_as_once", problems("/old-encrypted"), [/holds an encrypted key/]],
    ["empty", problems("/empty"), [/holds no certificate/]],
    ["both", problems("/text", "/text"), [
      /^TLS_CERT .*no certificate/,
      /^TLS_CERT .*no private key/,
      /^TLS_CA /,
    ]],
  ];
  for (const [name, found, says] of cases) {
    await test.step(name, () => {
      assert.equal(found.length, says.length, found.join("\n"));
      for (const [index, said] of says.entries()) assert.match(found[index] ?? "", said);
    });
  }
});
