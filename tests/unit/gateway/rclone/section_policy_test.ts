import assert from "node:assert/strict";
import {
  BACKENDS,
  COMMON_OPTIONS,
  REFUSED_OPTIONS,
  REFUSED_TYPES,
} from "../../../../gateway/rclone/backend_options.ts";
import { isPublic, sectionProblems } from "../../../../gateway/rclone/section_policy.ts";

type Parameters = [key: string, value: string][];

const S3: Parameters = [["type", "s3"], ["access_key_id", "AKID"], ["secret_access_key", "s3cr3t"]];

Deno.test("an_ordinary_remote_has_no_problem", async (test) => {
  const cases: [name: string, parameters: Parameters][] = [
    ["s3", S3],
    ["s3_as_nethserver_writes_it", [...S3, ["env_auth", "true"], ["endpoint", "x"], ["provider", "Other"]]],
    ["s3_not_from_the_environment", [...S3, ["env_auth", "false"]]],
    ["what_is_off", [["type", "sftp"], ["host", "x"], ["ssh", ""], ["key_use_agent", "false"]]],
    ["sftp", [["type", "sftp"], ["host", "x"], ["key_pem", "s3cr3t"], ["host_keys", "ssh-ed25519 AAAA"]]],
    ["webdav", [["type", "webdav"], ["url", "https://x"], ["headers", "Cookie,s3cr3t"]]],
    ["name_with_blanks", [["type", "google cloud storage"], ["service_account_credentials", "{}"]]],
    ["description_and_encoding", [["type", "b2"], ["description", "x"], ["encoding", "None"]]],
  ];
  for (const [name, parameters] of cases) {
    await test.step(name, () => assert.deepEqual(sectionProblems(parameters, false), []));
  }
});

Deno.test("what_reaches_this_node_is_refused_by_name_without_its_value", async (test) => {
  const cases: [name: string, parameters: Parameters, problems: RegExp[]][] = [
    ["no_type", [["host", "s3cr3t"]], [/^type is missing/]],
    ["empty_type", [["type", ""]], [/^type is missing/]],
    ["unknown_type", [["type", "s3 "]], [/^type s3 {2}is not one/]],
    ["type_in_capitals", [["type", "Local"]], [/^type Local is not one/]],
    ["type_of_a_prototype", [["type", "constructor"]], [/^type constructor is not one/]],
    ["type_with_odd_characters", [["type", "s3cr3t\u0007"]], [/^type with odd characters is not one/]],
    ["local", [["type", "local"]], [/^type local is refused/]],
    ["alias", [["type", "alias"], ["remote", "/etc"]], [/^type alias is refused/, /^remote is refused/]],
    ["crypt", [["type", "crypt"], ["remote", "x:"]], [/^type crypt/, /^remote is refused/]],
    ["memory", [["type", "memory"]], [/^type memory is refused/]],
    ["ssh", [["type", "sftp"], ["ssh", "s3cr3t"]], [/^ssh is refused: it runs a command$/]],
    ["twice", [["type", "s3"], ["type", "local"]], [
      /^type is there more than once$/,
      /^type local is refused/,
    ]],
    ["key_in_capitals", [["type", "sftp"], ["SSH", "s3cr3t"]], [/^SSH is not an option of sftp/]],
    ["dotted_key", [["type", "s3"], ["global.x", "s3cr3t"]], [/^global\.x is not an option of s3/]],
    ["option_of_another_type", [["type", "b2"], ["host", "s3cr3t"]], [/^host is not an option of b2/]],
    ["key_of_a_prototype", [["type", "s3"], ["toString", "s3cr3t"]], [/^toString is not an option of s3/]],
    ["environment", [["type", "s3"], ["env_auth", "true"]], [/^env_auth is refused/]],
    ["environment_with_half_a_key", [["type", "s3"], ["env_auth", "true"], ["access_key_id", "x"]], [
      /^env_auth is refused/,
    ]],
    ["environment_of_another_type", [["type", "swift"], ["env_auth", "true"], ["key", "x"]], [/^env_auth/]],
    [
      "all_at_once",
      [["type", "webdav"], ["bearer_token_command", "s3cr3t"], ["unix_socket", "s3cr3t"], ["x", "s3cr3t"]],
      [/^bearer_token_command is refused/, /^unix_socket is refused/, /^x is not an option/],
    ],
  ];
  for (const [name, parameters, expected] of cases) {
    await test.step(name, () => {
      const problems = sectionProblems(parameters, false);
      assert.equal(problems.length, expected.length, problems.join("\n"));
      for (const [index, pattern] of expected.entries()) assert.match(problems[index] ?? "", pattern);
      assert(!problems.join().includes("s3cr3t"));
    });
  }
});

Deno.test("every_refused_option_is_refused_in_every_type", () => {
  for (const type of Object.keys(BACKENDS)) {
    for (const key of Object.keys(REFUSED_OPTIONS)) {
      assert.equal(sectionProblems([["type", type], [key, "true"]], false).length, 1, `${type} ${key}`);
    }
  }
});

Deno.test("trust_lets_everything_through_that_is_one_remote", () => {
  assert.deepEqual(sectionProblems([["type", "sftp"], ["ssh", "x"], ["nonsense", "y"]], true), []);
  assert.deepEqual(sectionProblems([["type", "local"]], true), []);
  assert.equal(sectionProblems([["ssh", "x"]], true).length, 1);
  assert.equal(sectionProblems([["type", "s3"], ["type", "s3"]], true).length, 1);
});

Deno.test("nothing_is_both_harmless_and_refused", () => {
  for (const [type, options] of Object.entries({ ...BACKENDS, "": COMMON_OPTIONS })) {
    assert(!Object.hasOwn(REFUSED_TYPES, type), type);
    const names = options.trim().split(/\s+/).map((word) => word.replace(/!$/, ""));
    assert.equal(new Set(names).size, names.length, `${type} has an option twice`);
    for (const name of names) {
      assert.match(name, /^[a-z0-9_]+$/);
      assert(!Object.hasOwn(REFUSED_OPTIONS, name), `${type} ${name}`);
      // What sounds like it has been looked at: none of them runs, reads or prints anything here.
      assert.doesNotMatch(name, /command|_file$|socket|use_agent|^env|kerberos|log_mode/, `${type} ${name}`);
    }
  }
});

Deno.test("what_may_be_a_secret_is_not_public", async (test) => {
  const cases: [type: string, key: string, value: string, public_: boolean][] = [
    ["s3", "type", "s3", true],
    ["s3", "access_key_id", "AKID", true],
    ["s3", "secret_access_key", "x", false],
    ["s3", "session_token", "x", false],
    ["s3", "unknown", "x", false],
    ["sftp", "pass", "x", false],
    ["sftp", "key_pem", "x", false],
    ["sftp", "user", "x", true],
    ["sftp", "socks_proxy", "x", false],
    ["sftp", "ssh", "x", false],
    ["drive", "token", "{}", false],
    ["webdav", "url", "https://cloud.example/dav", true],
    ["webdav", "url", "https://me:secret@cloud.example/dav", false],
    ["webdav", "url", "https://cloud.example/dav?token=x", false],
    ["webdav", "headers", "x", false],
    ["local", "nounc", "true", false],
    ["crypt", "remote", ":s3,secret_access_key=x:", false],
    ["constructor", "name", "x", false],
  ];
  for (const [type, key, value, public_] of cases) {
    await test.step(`${type} ${key} ${value}`, () => assert.equal(isPublic(type, key, value), public_));
  }
});
