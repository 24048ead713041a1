import assert from "node:assert/strict";
import { entriesIn, type Entry } from "../../../../../scripts/rclonegwctl/destination/import_entries.ts";
import { importedDestination } from "../../../../../scripts/rclonegwctl/destination/import_form.ts";

const BEFORE = {
  provider: "backblaze",
  name: "B",
  url: "b2:bucket/a",
  password: "restic-s3cr3t",
  b2_account_id: "id",
  b2_account_key: "key-s3cr3t",
};
const TODAY = {
  provider: "backblaze",
  name: "B",
  url: "b2:bucket/a",
  basepath: "",
  rclone_conf: "[x]\ntype = b2\naccount = id\nkey = key-s3cr3t\n\n",
  restic_password: "restic-s3cr3t",
};

function entry(fields: Record<string, unknown>): Entry {
  return { label: "#0", id: undefined, fields };
}

Deno.test("a_list_is_read_in_each_of_its_shapes", async (test) => {
  const one = { provider: "aws", name: "n" };
  const fields = { provider: "aws", name: "n" };
  const cases: [name: string, value: unknown, id: string | undefined, cluster: string | undefined][] = [
    ["array", [one], undefined, undefined],
    ["array_with_id", [{ ...one, id: "x" }], "x", undefined],
    ["array_with_uuid", [{ ...one, uuid: "x" }], "x", undefined],
    ["object", { x: one }, "x", undefined],
    ["dump", { version: 3, cluster: { uuid: "c", backup_repository: { x: one } } }, "x", "c"],
    ["dump_without_uuid", { cluster: { uuid: "", backup_repository: { x: one } } }, "x", undefined],
  ];
  for (const [name, value, id, cluster] of cases) {
    await test.step(name, () => {
      assert.deepEqual(entriesIn(JSON.stringify(value)), {
        cluster,
        entries: [{ label: "#0 (n)", id, fields }],
      });
    });
  }
  for (
    const [name, text] of [
      ["text", `"x"`],
      ["broken", "["],
      ["dump_without_destinations", `{"cluster":{}}`],
      ["number_in_a_list", "[1]"],
    ]
  ) {
    await test.step(name ?? "", () => assert.ok("problems" in entriesIn(text ?? "")));
  }
});

Deno.test("both_forms_mean_the_same", () => {
  const [today, before] = [
    importedDestination(entry(TODAY), false),
    importedDestination(entry(BEFORE), false),
  ];
  assert.ok(!("problems" in today) && !("problems" in before));
  assert.deepEqual({ ...today, secrets: [] }, { ...before, secrets: [] });
  assert.equal(today.password, "restic-s3cr3t");
  for (const each of [today, before]) {
    assert(each.secrets.includes("key-s3cr3t") && each.secrets.includes("restic-s3cr3t"));
  }
});

Deno.test("what_is_wrong_with_an_entry_is_named_without_values", async (test) => {
  const cases: [name: string, fields: Record<string, unknown>, problems: RegExp[]][] = [
    ["no_provider", {}, [/provider is none of/]],
    ["not_a_text", { ...TODAY, name: { a: "s3cr3t" } }, [/"name" is not a text/]],
    ["no_password", { ...TODAY, restic_password: "" }, [/restic_password is missing/]],
    ["no_password_before", { ...BEFORE, password: "" }, [/^password is missing/]],
    ["no_key_before", { ...BEFORE, b2_account_key: "" }, [/b2_account_key is missing/]],
    ["mixed_forms", { ...TODAY, b2_account_key: "s3cr3t" }, [/no field "b2_account_key"/]],
    ["command", { ...TODAY, rclone_conf: "type = sftp\nssh = s3cr3t" }, [/ssh is refused/]],
    ["url", { ...TODAY, url: "s3:x/y" }, [/begin with b2:/]],
    ["control_character", { ...TODAY, name: "a\u001b[2J" }, [/name holds a control character/]],
    ["raw_before", { provider: "rclone", password: "x" }, [/rclone_conf is missing/]],
  ];
  for (const [name, fields, expected] of cases) {
    await test.step(name, () => {
      const found = importedDestination(entry(fields), false);
      assert.ok("problems" in found);
      assert.equal(found.problems.length, expected.length, found.problems.join("\n"));
      for (const [index, pattern] of expected.entries()) assert.match(found.problems[index] ?? "", pattern);
      assert(!found.problems.join().includes("s3cr3t"));
    });
  }
});

Deno.test("fields_that_were_once_called_after_rclone_are_understood", () => {
  const found = importedDestination(
    entry({
      provider: "smb",
      name: "n",
      url: "smb:share",
      password: "x",
      rclone_smb_host: "h",
      rclone_smb_user: "u",
      rclone_smb_pass: "s3cr3t",
      rclone_smb_domain: "",
    }),
    false,
  );
  assert.ok(!("problems" in found));
  assert.deepEqual(found.wanted.plain, ["pass"]);
  assert(found.secrets.includes("s3cr3t"));
});
