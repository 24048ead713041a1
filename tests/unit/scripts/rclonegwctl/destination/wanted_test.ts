import assert from "node:assert/strict";
import { parseRcloneSection } from "../../../../../gateway/redis/rclone_section.ts";
import {
  parseRequest,
  readRequest,
  type Request,
  secretsOf,
} from "../../../../../scripts/rclonegwctl/destination/request.ts";
import { identityOf, type StoredDestination } from "../../../../../scripts/rclonegwctl/destination/stored.ts";
import { type Wanted, wanted } from "../../../../../scripts/rclonegwctl/destination/wanted.ts";

const S3: Request = {
  provider: "generic-s3",
  url: "s3:minio:9000/b",
  parameters: { aws_access_key_id: "AKID", aws_secret_access_key: "s3cr3t" },
};
const SMB: Request = {
  provider: "smb",
  url: "smb:share/a",
  parameters: { smb_host: "h", smb_user: "u", smb_pass: "s3cr3t", smb_domain: "D" },
};
const raw = (conf: string, change: Record<string, string> = {}): Request => ({
  provider: "rclone",
  parameters: { rclone_conf_secret: conf, basepath: "b", ...change },
});

function good(request: Request, old?: StoredDestination, trusted = false): Wanted {
  const found = wanted(request, old === undefined ? { trusted } : { trusted, old });
  assert.ok(!("problems" in found), JSON.stringify(found));
  return found;
}

function stored(request: Request, section: string): StoredDestination {
  const { provider, url, basepath } = good(request);
  return { id: "x", name: "n", provider, url, basepath, section, parameters: parseRcloneSection(section) };
}

function identity(request: Request): string {
  const found = good(request);
  return identityOf(found, found.parameters);
}

Deno.test("the_uuid_knows_the_storage_and_no_secret", async (test) => {
  const same: [name: string, a: Request, b: Request, same: boolean][] = [
    ["secret", S3, { ...S3, parameters: { ...S3.parameters, aws_secret_access_key: "other" } }, true],
    ["name", S3, { ...S3, name: "x" }, true],
    ["restic_password", S3, { ...S3, password: "x" }, true],
    ["slash_at_the_end", S3, { ...S3, url: "s3:minio:9000/b/" }, true],
    ["field_that_is_empty", S3, { ...S3, parameters: { ...S3.parameters, aws_default_region: "" } }, true],
    [
      "order",
      S3,
      { ...S3, parameters: { aws_secret_access_key: "s3cr3t", aws_access_key_id: "AKID" } },
      true,
    ],
    ["access_key", S3, { ...S3, parameters: { ...S3.parameters, aws_access_key_id: "x" } }, false],
    ["folder", S3, { ...S3, url: "s3:minio:9000/b/c" }, false],
    ["provider", S3, { ...S3, provider: "aws" }, false],
    ["region", S3, { ...S3, parameters: { ...S3.parameters, aws_default_region: "x" } }, false],
    ["smb_password", SMB, { ...SMB, parameters: { ...SMB.parameters, smb_pass: "other" } }, true],
    ["smb_host", SMB, { ...SMB, parameters: { ...SMB.parameters, smb_host: "i" } }, false],
    ["raw_secret", raw("type = b2\nkey = a"), raw("type = b2\nkey = b"), true],
    ["raw_section", raw("[x]\ntype = b2\nkey = a"), raw("type=b2\r\nkey=a"), true],
    ["raw_account", raw("type = b2\naccount = a"), raw("type = b2\naccount = b"), false],
    ["raw_folder", raw("type = b2"), raw("type = b2", { basepath: "c" }), false],
  ];
  for (const [name, a, b, expected] of same) {
    await test.step(name, () => assert.equal(identity(a) === identity(b), expected));
  }
});

Deno.test("a_section_of_nethserver_8_is_the_same_storage", () => {
  const section = "[x]\ntype = s3\nenv_auth = true\naccess_key_id = AKID\nsecret_access_key = s3cr3t\n" +
    "endpoint = minio:9000\nprovider = Other\n\n";
  const old = stored(S3, section);
  assert.equal(identityOf(old, old.parameters), identity(S3));
});

Deno.test("alter_keeps_what_is_not_given_and_secrets_that_are_empty", async (test) => {
  const old = stored(SMB, "[x]\ntype = smb\nhost = h\nuser = u\npass = OBSCURED\ndomain = D\n");
  const cases: [name: string, change: Partial<Request>, expected: Record<string, string>, plain: string[]][] =
    [
      ["nothing", {}, { host: "h", user: "u", pass: "OBSCURED", domain: "D" }, []],
      ["empty_secret", { parameters: { smb_pass: "" } }, {
        host: "h",
        user: "u",
        pass: "OBSCURED",
        domain: "D",
      }, []],
      [
        "new_secret",
        { parameters: { smb_pass: "new" } },
        { host: "h", user: "u", pass: "new", domain: "D" },
        ["pass"],
      ],
      ["empty_field", { parameters: { smb_domain: "" } }, { host: "h", user: "u", pass: "OBSCURED" }, []],
      ["new_field", { parameters: { smb_host: "i", smb_pass: "" } }, {
        host: "i",
        user: "u",
        pass: "OBSCURED",
        domain: "D",
      }, []],
    ];
  for (const [name, change, expected, plain] of cases) {
    await test.step(name, () => {
      const found = good({ provider: "smb", parameters: {}, ...change }, old);
      assert.deepEqual(Object.fromEntries(found.parameters), { type: "smb", ...expected });
      assert.deepEqual(found.plain, plain);
      assert.equal(found.url, "smb:share/a");
    });
  }
  await test.step("required_field", () => {
    const found = wanted({ provider: "smb", parameters: { smb_host: "" } }, { trusted: false, old });
    assert.deepEqual("problems" in found && found.problems, ["smb_host is missing"]);
  });
  await test.step("raw_configuration", () => {
    const before = stored(raw("type = b2\nkey = s3cr3t"), "[x]\ntype = b2\nkey = s3cr3t\n");
    const found = good({ parameters: { rclone_conf_secret: "", basepath: "c/" } }, before);
    assert.deepEqual([found.basepath, found.url], ["c", "rclone:b2::c"]);
    assert.deepEqual(found.parameters, [["type", "b2"], ["key", "s3cr3t"]]);
  });
});

Deno.test("what_is_wrong_with_a_raw_configuration_is_named", async (test) => {
  const cases: [name: string, request: Request, problems: RegExp[]][] = [
    ["empty", raw(""), [/^rclone_conf_secret is missing/]],
    ["both", raw("type = b2", { rclone_conf_b64_secret: btoa("type = b2") }), [/are both given/]],
    ["not_base64", raw("", { rclone_conf_b64_secret: "s3cr3t!" }), [/not a text in base64/]],
    ["not_utf8", raw("", { rclone_conf_b64_secret: btoa("\xff\xfe") }), [/not a text in base64/]],
    ["base64_is_judged", raw("", { rclone_conf_b64_secret: btoa("type = sftp\nssh = s3cr3t") }), [
      /^ssh is refused/,
    ]],
    ["options_of_rclone", raw("type = b2\noverride.a = s3cr3t\n global.b=s3cr3t"), [
      /^override\.a/,
      /^global\.b/,
    ]],
    ["with_byte_order_mark", raw("\ufefftype = local"), [/^type local/]],
    ["line_that_is_none", raw("type = b2\ns3cr3t"), [/line 2/]],
    ["interpolation", raw("type = b2\nkey = s3cr3t%(type)s"), [/value of key .*replaces/]],
    ["parent_folder", raw("type = b2", { basepath: "../x" }), [/has a folder \.\./]],
    ["control_character", raw("type = b2", { basepath: "a\nb" }), [/control character/]],
    ["url", { ...raw("type = b2"), url: "b2:x" }, [/url is made from the configuration/]],
    ["unknown_field", raw("type = b2", { smb_pass: "s3cr3t" }), [/no field smb_pass/]],
  ];
  for (const [name, request, expected] of cases) {
    await test.step(name, () => {
      const found = wanted(request, { trusted: false });
      assert.ok("problems" in found);
      assert.equal(found.problems.length, expected.length, found.problems.join("\n"));
      for (const [index, pattern] of expected.entries()) assert.match(found.problems[index] ?? "", pattern);
      assert(!found.problems.join().includes("s3cr3t"));
    });
  }
  await test.step("trust", () => {
    assert.deepEqual(good(raw("type = sftp\nssh = x"), undefined, true).parameters, [["type", "sftp"], [
      "ssh",
      "x",
    ]]);
  });
  await test.step("trust_does_not_reach_rclones_own_options", () => {
    assert.ok("problems" in wanted(raw("type = b2\nglobal.x = y"), { trusted: true }));
  });
});

Deno.test("a_request_is_json_of_texts", async (test) => {
  const cases: [name: string, value: unknown, problems: RegExp[]][] = [
    ["list", [], [/not a JSON object/]],
    ["null", null, [/not a JSON object/]],
    ["number", { name: 1 }, [/name is not a text/]],
    ["unknown", { secret: "s3cr3t" }, [/no field "secret"/]],
    ["parameters_list", { parameters: [] }, [/parameters is not a JSON object/]],
    ["nested", { parameters: { smb_pass: { a: 1 } } }, [/smb_pass is not a text/]],
    ["provider", { provider: "floppy" }, [/provider is none of cluster, aws,/]],
    ["provider_of_a_prototype", { provider: "toString" }, [/provider is none of/]],
  ];
  for (const [name, value, expected] of cases) {
    await test.step(name, () => {
      const found = readRequest(value);
      assert.ok("problems" in found);
      assert.equal(found.problems.length, expected.length);
      for (const [index, pattern] of expected.entries()) assert.match(found.problems[index] ?? "", pattern);
    });
  }
  await test.step("null_is_not_given", () => {
    assert.deepEqual(
      readRequest({ provider: "rclone", parameters: { rclone_conf_secret: null, basepath: "b" } }),
      {
        provider: "rclone",
        parameters: { basepath: "b" },
      },
    );
  });
  await test.step("broken_json_is_not_quoted", () => {
    assert.deepEqual(parseRequest(`{"password": "s3cr3t`), {
      problems: ["what is on standard input is not JSON"],
    });
  });
});

Deno.test("secrets_are_told_from_the_rest", () => {
  assert.deepEqual(secretsOf({ ...SMB, password: "restic" }), ["s3cr3t", "restic"]);
  assert.deepEqual(secretsOf(raw("conf")), ["conf"]);
});
