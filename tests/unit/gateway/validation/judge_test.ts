import assert from "node:assert/strict";
import { type AskedToTry, judge } from "../../../../gateway/validation/judge.ts";

const S3: AskedToTry = {
  provider: "rclone",
  url: "s3:files",
  basepath: "files/backup",
  section: "[x]\ntype = s3\naccess_key_id = AKID\nsecret_access_key = s3cr3t\n",
};
const asked = (change: Record<string, unknown>): string => JSON.stringify({ ...S3, ...change });
const section = (...lines: string[]): string => asked({ section: ["[x]", ...lines].join("\n") });

Deno.test("an_ordinary_remote_may_be_tried", () => {
  assert.deepEqual(judge(asked({})), {
    kind: "remote",
    remote: {
      parameters: [["type", "s3"], ["access_key_id", "AKID"], ["secret_access_key", "s3cr3t"]],
      path: "files/backup",
    },
  });
  const sftp = judge(asked({ provider: "sftp", url: "sftp:a/b", section: "[x]\ntype = sftp\nhost = h\n" }));
  assert.ok(!("problems" in sftp) && sftp.kind === "remote");
  assert.equal(sftp.remote.path, "a/b");
});

Deno.test("what_would_refresh_a_token_is_not_used", () => {
  const token = JSON.stringify({ access_token: "a", refresh_token: "r", expiry: "2030-01-01T00:00:00Z" });
  const judged = judge(section("type = drive", `token = ${token}`));
  assert.ok(!("problems" in judged) && judged.kind === "remote");
  assert.deepEqual(JSON.parse(new Map(judged.remote.parameters).get("token") ?? ""), {
    access_token: "a",
    expiry: "2030-01-01T00:00:00Z",
  });
});

Deno.test("the_disk_of_a_node_is_known_by_its_address_alone", () => {
  const disk = (url: string): ReturnType<typeof judge> =>
    judge(asked({ provider: "cluster", url, section: "[x]\ntype = local\n" }));
  assert.deepEqual(disk("webdav:http://10.5.4.2:4694"), { kind: "disk", address: "10.5.4.2" });
  assert.deepEqual(disk("webdav:http://[fd00::2]:4694"), { kind: "disk", address: "fd00::2" });
  for (
    const url of [
      "webdav:http://10.5.4.2:80",
      "webdav:http://me@10.5.4.2:4694",
      "webdav:http://host:4694",
      "",
    ]
  ) {
    assert.deepEqual(disk(url), { problems: ["url is not webdav:http://<address of a node>:4694"] }, url);
  }
});

Deno.test("what_a_stranger_sends_is_refused_without_its_values", async (test) => {
  const cases: [name: string, text: string, problem: RegExp][] = [
    ["nothing", "", /^it is not a JSON object$/],
    ["not_an_object", `["s3cr3t"]`, /^it is not a JSON object$/],
    ["null", "null", /^it is not a JSON object$/],
    ["nested_without_end", "[".repeat(60_000), /^it is not a JSON object$/],
    ["field_missing", JSON.stringify({ provider: "rclone" }), /url is not a text; basepath is not a text/],
    ["field_of_another_kind", asked({ section: ["s3cr3t"] }), /^section is not a text$/],
    ["field_more", asked({ trusted: true }), /^it has other fields than/],
    ["prototype", `{"__proto__":{"section":"s3cr3t"}}`, /section is not a text/],
    ["command", section("type = sftp", "host = h", "ssh = s3cr3t"), /^ssh is refused: it runs a command$/],
    [
      "command_for_a_token",
      section("type = webdav", "url = http://h", "bearer_token_command = s3cr3t"),
      /^bearer_token_command is refused/,
    ],
    ["file", section("type = sftp", "host = h", "key_file = s3cr3t"), /^key_file is refused/],
    ["unix_socket", section("type = webdav", "url = http://h", "unix_socket = s3cr3t"), /^unix_socket is/],
    ["own_credentials", section("type = s3", "env_auth = true"), /^env_auth is refused/],
    ["local", section("type = local"), /^type local is refused/],
    ["alias", section("type = alias", "remote = /etc"), /^type alias is refused.*remote is refused/],
    ["crypt", section("type = crypt", "remote = s3cr3t:"), /^type crypt is refused/],
    ["union", section("type = union", "upstreams = s3cr3t:"), /^type union is refused/],
    ["combine", section("type = combine", "upstreams = s3cr3t:"), /^type combine is refused/],
    ["unknown_type", section("type = s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3t"), /^type with odd/],
    [
      "two_sections",
      asked({ section: `${S3.section}[y]\ntype = local\n` }),
      /there is more than one section/,
    ],
    ["twice", section("type = s3", "type = local"), /^type is there more than once/],
    [
      "global",
      section("type = s3", "global.password_command = s3cr3t"),
      /global\.password_command is refused/,
    ],
    ["override", section("type = s3", "override.x = s3cr3t"), /override\.x is refused/],
    ["replaced_by_rclone", section("type = s3", "region = %(s3cr3t)s"), /^Cannot write the value of region/],
    ["no_section", asked({ section: "" }), /it is empty/],
    ["path_upwards", asked({ basepath: "a/../../etc" }), /^the path has a folder \.\.$/],
    ["url_upwards", asked({ provider: "sftp", url: "sftp:../etc" }), /^the path has a folder \.\.$/],
    ["path_with_a_line_break", asked({ basepath: "a\nb" }), /^the path holds a control character/],
    ["path_without_end", asked({ basepath: "a".repeat(2000) }), /^the path holds .* longer than 1024/],
    ["url_with_a_control_character", asked({ url: "s3:\u0007" }), /^url holds a control character/],
    ["url_without_end", asked({ url: "s".repeat(4000) }), /^url holds .* longer than 2048/],
    ["broken_escape", asked({ provider: "webdav", url: "webdav:http://h/%" }), /^the path cannot be read/],
    ["provider", asked({ provider: "s3cr3t secret" }), /^provider is not the name of one$/],
  ];
  for (const [name, text, problem] of cases) {
    await test.step(name, () => {
      const judged = judge(text);
      assert.ok("problems" in judged, JSON.stringify(judged));
      assert.match(judged.problems.join("; "), problem);
      assert.ok(!/s3cr3t(?! secret)/.test(judged.problems.join()), judged.problems.join());
    });
  }
});

Deno.test("not_more_problems_are_named_than_anybody_reads", () => {
  const lines = Array.from({ length: 1000 }, (_, index) => `global.x${index} = 1`);
  const judged = judge(section("type = s3", ...lines));
  assert.ok("problems" in judged && judged.problems.length === 20);
});
