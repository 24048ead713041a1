import assert from "node:assert/strict";
import { formatBytes, formatStatus, parseMessage } from "../../../../backup/module/progress.ts";

Deno.test("restics_messages_are_read_and_all_else_is_none", () => {
  assert.deepEqual(
    parseMessage(
      '{"message_type":"summary","total_files_processed":3,"total_bytes_processed":9,"data_added":4,"total_duration":1.5,"snapshot_id":"ab"}',
    ),
    { kind: "summary", snapshot: "ab", files: 3, bytes: 9, added: 4, seconds: 1.5 },
  );
  assert.deepEqual(
    parseMessage(
      '{"message_type":"error","error":{"message":"denied"},"during":"archival","item":"/srv/state/a\\u001b[2J"}',
    ),
    { kind: "error", item: "/srv/state/a [2J" },
  );
  for (const line of ["", "null", "[]", "{", "repository opened", '{"message_type":"verbose_status"}']) {
    assert.equal(parseMessage(line), undefined, line);
  }
});

Deno.test("a_status_is_shown_in_one_line", () => {
  const status = parseMessage(
    '{"message_type":"status","percent_done":0.5,"files_done":2,"bytes_done":1536,"total_bytes":3072,"seconds_remaining":4}',
  );
  assert.ok(status?.kind === "status");
  assert.equal(formatStatus(status, 4), "[##--]  50 %  2 files, 1.5 KiB of 3.0 KiB, 4 s left");
  const begun = parseMessage('{"message_type":"status","percent_done":7}');
  assert.ok(begun?.kind === "status");
  assert.equal(formatStatus(begun, 0), "100 %  0 files, 0 B of 0 B");
});

Deno.test("sizes_are_in_powers_of_1024", () => {
  const sizes = [0, 1, 1023, 1024, 3 << 20, 2 ** 50, 2 ** 70].map(formatBytes);
  assert.deepEqual(sizes, ["0 B", "1 B", "1023 B", "1.0 KiB", "3.0 MiB", "1.0 PiB", "1048576.0 PiB"]);
});
