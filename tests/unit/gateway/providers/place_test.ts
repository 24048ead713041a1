import assert from "node:assert/strict";
import fc from "fast-check";
import { remotePath } from "../../../../gateway/domain/remote_path.ts";
import { fieldsOf, type Place, placeOf, tellingFields } from "../../../../gateway/providers/place.ts";
import type { Given, Provider } from "../../../../gateway/providers/provider.ts";
import { PROVIDERS } from "../../../../gateway/providers/providers.ts";
import { sectionProblems } from "../../../../gateway/rclone/section_policy.ts";
import { parseRcloneSection } from "../../../../gateway/redis/rclone_section.ts";
import { renderRcloneConf } from "../../../../gateway/render/rclone_conf.ts";

const KEYS: Given = { aws_access_key_id: "AKID", aws_secret_access_key: "s3cr3t" };

function provider(name: string): Provider {
  const found = PROVIDERS[name];
  assert.ok(found);
  return found;
}

function place(name: string, url: string, given: Given): Place {
  const found = placeOf(provider(name), url, given);
  assert.ok(!("problems" in found), JSON.stringify(found));
  return found;
}

/** Without what each S3 has, and without type and credentials. */
function quirks(name: string, url: string, given: Given = {}): Record<string, string> {
  const { type: _t, access_key_id: _a, secret_access_key: _s, no_check_bucket: _n, ...rest } = Object
    .fromEntries(
      place(name, url, { ...KEYS, ...given }).parameters,
    );
  return rest;
}

Deno.test("an_s3_endpoint_says_what_rclone_has_to_know", async (test) => {
  const cases: [
    name: string,
    provider: string,
    url: string,
    given: Given,
    expected: Record<string, string>,
  ][] = [
    ["aws", "aws", "s3:s3.amazonaws.com/b", {}, { provider: "AWS", endpoint: "s3.amazonaws.com" }],
    ["aws_region", "aws", "s3:s3.amazonaws.com/b", { aws_default_region: "eu-south-1" }, {
      provider: "AWS",
      region: "eu-south-1",
      endpoint: "s3.amazonaws.com",
    }],
    ["other", "generic-s3", "s3:minio:9000/b/c", {}, { provider: "Other", endpoint: "minio:9000" }],
    ["http", "generic-s3", "s3:http://minio:9000/b", {}, {
      provider: "Other",
      endpoint: "http://minio:9000",
    }],
    ["ipv6", "generic-s3", "s3:[::1]:9000/b", {}, { provider: "Other", endpoint: "[::1]:9000" }],
    ["digitalocean", "generic-s3", "s3:fra1.digitaloceanspaces.com/b", {}, {
      provider: "DigitalOcean",
      endpoint: "fra1.digitaloceanspaces.com",
    }],
    ["ovh", "generic-s3", "s3:s3.gra.io.cloud.ovh.net/b", {}, {
      provider: "Other",
      region: "gra",
      location_constraint: "gra",
      endpoint: "s3.gra.io.cloud.ovh.net",
    }],
    ["wasabi", "generic-s3", "s3:s3.eu-central-1.wasabisys.com/b", {}, {
      provider: "Wasabi",
      region: "eu-central-1",
      endpoint: "s3.eu-central-1.wasabisys.com",
    }],
    ["wasabi_region_given", "generic-s3", "s3:s3.wasabisys.com/b", { aws_default_region: "us-east-2" }, {
      provider: "Wasabi",
      region: "us-east-2",
      endpoint: "s3.wasabisys.com",
    }],
    ["looks_like_wasabi", "generic-s3", "s3:wasabisys.com.example/b", {}, {
      provider: "Other",
      endpoint: "wasabisys.com.example",
    }],
    ["cubbit", "generic-s3", "s3:s3.cubbit.eu/b", {}, {
      provider: "Other",
      region: "eu-west-1",
      endpoint: "s3.cubbit.eu",
    }],
    ["idrive", "generic-s3", "s3:x1.fra.idrivee2-12.com/b", {}, {
      provider: "IDrive",
      endpoint: "x1.fra.idrivee2-12.com",
    }],
  ];
  for (const [name, kind, url, given, expected] of cases) {
    await test.step(name, () => assert.deepEqual(quirks(kind, url, given), expected));
  }
});

Deno.test("what_is_wrong_is_named_all_at_once_without_values", async (test) => {
  const cases: [name: string, provider: string, url: string, given: Given, problems: RegExp[]][] = [
    ["nothing", "generic-s3", "", {}, [
      /does not begin with s3:/,
      /aws_access_key_id is missing/,
      /secret.* is missing/,
    ]],
    ["no_bucket", "generic-s3", "s3:minio", KEYS, [/no endpoint/]],
    ["empty_bucket", "generic-s3", "s3:minio/", KEYS, [/names no bucket/]],
    ["user_in_the_url", "generic-s3", "s3:https://AKID:s3cr3t@minio/b", KEYS, [/no endpoint/]],
    ["query_in_the_endpoint", "generic-s3", "s3:minio?s3cr3t/b", KEYS, [/no endpoint/]],
    ["dotted_folder", "generic-s3", "s3:minio/b/../c", KEYS, [/dotted folder/]],
    ["empty_folder", "backblaze", "b2:b//c", { b2_account_id: "x", b2_account_key: "s3cr3t" }, [
      /empty or dotted/,
    ]],
    ["wrong_scheme", "backblaze", "s3:x/y", { b2_account_id: "x", b2_account_key: "s3cr3t" }, [
      /begin with b2:/,
    ]],
    ["unknown_field", "generic-s3", "s3:minio/b", { ...KEYS, endpoint: "s3cr3t" }, [
      /there is no field endpoint/,
    ]],
    ["line_feed", "generic-s3", "s3:minio/b", { ...KEYS, aws_default_region: "s3cr3t\ntype = local" }, [
      /aws_default_region holds a control character/,
    ]],
    ["line_feed_in_the_url", "azure", "azure:c\nkey = s3cr3t", {
      azure_account_name: "x",
      azure_account_key: "y",
    }, [
      /url holds a control character/,
    ]],
    ["replaced_by_rclone", "azure", "azure:%(key)s", { azure_account_name: "x", azure_account_key: "y" }, [
      /url holds %\(/,
    ]],
    ["port", "smb", "smb:share", { smb_host: "x", smb_user: "y", smb_port: "65536" }, [
      /smb_port is not a port/,
    ]],
    ["sftp_root", "sftp", "sftp:/", { sftp_host: "x", sftp_user: "y" }, [/names no folder/]],
    ["sftp_nothing", "sftp", "sftp:", { sftp_host: "x", sftp_user: "y" }, [/names no folder/]],
    ["webdav_user", "webdav", "webdav:https://me:s3cr3t@cloud/x", {}, [/url holds a user/]],
    ["webdav_query", "webdav", "webdav:https://cloud/x?s3cr3t", {}, [/query or a fragment/]],
    ["webdav_scheme", "webdav", "webdav:file:///etc", {}, [/no http/]],
    ["webdav_percent", "webdav", "webdav:https://cloud/%zz", {}, [/% that stands for nothing/]],
    ["cluster_path", "cluster", "webdav:http://10.5.4.1:4694/x", {}, [/is not webdav:/]],
    ["cluster_fields", "cluster", "webdav:http://10.5.4.1:4694", { ssh: "s3cr3t" }, [
      /there is no field ssh/,
    ]],
  ];
  for (const [name, kind, url, given, expected] of cases) {
    await test.step(name, () => {
      const found = placeOf(provider(kind), url, given);
      assert.ok("problems" in found);
      assert.equal(found.problems.length, expected.length, found.problems.join("\n"));
      for (const [index, pattern] of expected.entries()) assert.match(found.problems[index] ?? "", pattern);
      assert(!found.problems.join().includes("s3cr3t"));
    });
  }
});

/** One good description of each. */
const GOOD: Readonly<Record<string, readonly [url: string, given: Given, name: string, path: string]>> = {
  cluster: ["webdav:http://10.5.4.1:4694", {}, "Disk of node 10.5.4.1", ""],
  aws: ["s3:s3.amazonaws.com/b/c", KEYS, "AWS b/c", "b/c"],
  "generic-s3": ["s3:minio:9000/b/c/", KEYS, "S3 b/c", "b/c"],
  backblaze: ["b2:b/c", { b2_account_id: "x", b2_account_key: "y" }, "Backblaze b/c", "b/c"],
  azure: ["azure:b/c", { azure_account_name: "x", azure_account_key: "y" }, "Azure b/c", "b/c"],
  smb: ["smb:b/c", { smb_host: "h", smb_user: "x", smb_pass: "y" }, "SMB h/b/c", "b/c"],
  webdav: ["webdav:https://h/b/c", { webdav_user: "x", webdav_pass: "y" }, "WebDAV h/b/c", ""],
  sftp: ["sftp:/b/c", { sftp_host: "h", sftp_user: "x", sftp_key_pem: "a\nb\n" }, "SFTP h:/b/c", "/b/c"],
};

Deno.test("each_provider_makes_a_remote_that_is_allowed_and_a_path_in_it", async (test) => {
  assert.deepEqual(Object.keys(GOOD).sort(), Object.keys(PROVIDERS).sort());
  for (const [name, [url, given, defaultName, path]] of Object.entries(GOOD)) {
    await test.step(name, () => {
      const found = place(name, url, given);
      assert.equal(found.defaultName, defaultName);
      if (name === "cluster") return;
      assert.deepEqual(sectionProblems(found.parameters, false), []);
      assert.equal(remotePath(name, url, "", new Map(found.parameters).get("url")), path);
      const example = provider(name).url[1];
      assert.ok(!("problems" in placeOf(provider(name), example, given)), example);
    });
  }
});

Deno.test("passwords_are_to_be_obscured_unless_they_are_kept", () => {
  const [url, given] = GOOD["smb"] ?? [];
  assert.ok(url !== undefined && given !== undefined);
  assert.deepEqual(place("smb", url, given).plain, ["pass"]);
  const kept = placeOf(provider("smb"), url, given, new Set(["smb_pass"]));
  assert.deepEqual("plain" in kept && kept.plain, []);
  assert.deepEqual(place("sftp", "sftp:x", { ...GOOD["sftp"]?.[1] }).plain, []);
});

Deno.test("a_private_key_is_one_line", () => {
  const { parameters } = place("sftp", "sftp:x", { ...GOOD["sftp"]?.[1], sftp_key_pem: "a\r\nb\nc\n" });
  assert.equal(new Map(parameters).get("key_pem"), "a\\nb\\nc");
});

Deno.test("what_tells_destinations_apart_is_not_secret_and_not_filled_in_later", () => {
  const given = { sftp_host: "h", sftp_user: "u", sftp_pass: "p", sftp_key_pem: "k", sftp_host_keys: "x" };
  assert.deepEqual(tellingFields(provider("sftp"), given), { sftp_host: "h", sftp_user: "u" });
});

Deno.test("a_region_that_the_endpoint_says_is_not_a_field", () => {
  const url = "s3:s3.eu-central-1.wasabisys.com/b";
  const { parameters } = place("generic-s3", url, KEYS);
  assert.deepEqual(fieldsOf(provider("generic-s3"), url, parameters), KEYS);
});

Deno.test("a_stored_section_parses_back_to_what_was_given", async (test) => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 });
  for (const [name, [url, given]] of Object.entries(GOOD)) {
    if (name === "cluster") continue;
    await test.step(name, () => {
      const { fields } = provider(name);
      const values = fc.record(
        Object.fromEntries(
          fields.map((field): [string, fc.Arbitrary<string | undefined>] => [
            field.name,
            field.key === "port"
              ? fc.constantFrom(undefined, "22", "65535")
              : fc.oneof(text, fc.constant(given[field.name])),
          ]),
        ),
      );
      fc.assert(fc.property(values, (values) => {
        const all = Object.fromEntries(
          Object.entries(values).filter(([, value]) => value !== undefined),
        ) as Given;
        const found = placeOf(provider(name), url, all);
        if ("problems" in found) return;
        let section: string;
        try {
          section = renderRcloneConf("x", { parameters: found.parameters, path: "" });
        } catch {
          return; // what cannot be written is refused before anything is stored
        }
        const read = parseRcloneSection(section);
        assert.deepEqual(read, found.parameters);
        for (const { name, key, lines } of fields) {
          if (all[name] && !lines) assert.equal(new Map(read).get(key), all[name]);
        }
      }));
    });
  }
});
