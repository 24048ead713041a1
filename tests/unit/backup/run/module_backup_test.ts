import assert from "node:assert/strict";
import { parseProgress, parseSummary } from "../../../../backup/run/module_backup.ts";
import { fqdn } from "../../../../backup/run/fqdn.ts";

Deno.test("a_line_of_progress_is_an_object_that_says_what_it_is", () => {
  assert.deepEqual(parseProgress('{"message_type":"status","percent_done":0.5}'), {
    message_type: "status",
    percent_done: 0.5,
  });
  for (const line of ["", "text", "null", "[]", "7", "{}", '{"message_type":7}']) {
    assert.equal(parseProgress(line), undefined, line);
  }
});

Deno.test("a_summary_names_a_snapshot_or_is_none", () => {
  const id = "ab".repeat(32);
  const line = { message_type: "summary", snapshot_id: id, total_bytes_processed: 7, data_added: 0 };
  assert.deepEqual(parseSummary(line), { snapshot: id, bytes: 7, added: 0, files: -1 });
  for (const snapshot_id of [undefined, "", "latest", "--help", "ABCDEF01", 7, `${id}0`]) {
    assert.equal(parseSummary({ ...line, snapshot_id }), undefined);
  }
  assert.equal(parseSummary({ ...line, data_added: -5 })?.added, -1);
});

Deno.test("a_host_s_full_name_is_its_own_or_the_one_in_its_line_of_hosts", () => {
  const hosts =
    "127.0.0.1 localhost\n# 10.0.0.1 wrong.example.org one\n10.0.0.1\tone.example.org one # x\n10.0.0.2 two\n";
  assert.equal(fqdn("a.example.org", hosts), "a.example.org");
  assert.equal(fqdn("one", hosts), "one.example.org");
  assert.equal(fqdn("two", hosts), "two");
  assert.equal(fqdn("three", ""), "three");
});
