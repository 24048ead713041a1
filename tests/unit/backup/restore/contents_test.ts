import assert from "node:assert/strict";
import { contentsOf } from "../../../../backup/restore/contents.ts";
import { parseRestoreMessage } from "../../../../backup/restore/messages.ts";
import { literalPattern } from "../../../../backup/restore/pattern.ts";

const node = (path: string, type = "dir"): string => JSON.stringify({ struct_type: "node", path, type });

Deno.test("a_snapshot_is_state_volumes_and_the_rest", () => {
  const lines = [
    JSON.stringify({ struct_type: "snapshot", id: "x" }),
    node("/state"),
    node("/volumes"),
    node("/volumes/wiki-data"),
    node("/volumes/restic-cache"),
    node("/volumes/-v"),
    node("/volumes/x:y"),
    node("/volumes/link", "symlink"),
    node("/volumes/wiki-data/deep"),
    node("/etc"),
    "",
    "{",
  ];
  assert.deepEqual(contentsOf(lines), {
    state: true,
    volumes: ["wiki-data"],
    others: ["etc", "volumes/-v", "volumes/link", "volumes/restic-cache", "volumes/x:y"],
  });
});

Deno.test("a_snapshot_of_too_many_volumes_or_other_things_is_refused", () => {
  const many = (prefix: string): string[] =>
    Array.from({ length: 101 }, (_, index) => node(`${prefix}v${index}`));
  assert.match(JSON.stringify(contentsOf(many("/volumes/"))), /101 volumes/);
  assert.match(JSON.stringify(contentsOf(many("/"))), /restore it with --target/);
});

Deno.test("a_path_is_a_pattern_of_itself_alone", () => {
  assert.equal(literalPattern("/a*b?[c]\\d/é x"), "/a\\*b\\?\\[c\\]\\\\d/é x");
});

Deno.test("messages_of_a_restore_are_read_and_nonsense_is_none", () => {
  const status = {
    message_type: "status",
    percent_done: 0.5,
    total_files: 4,
    files_restored: 2,
    total_bytes: 8,
    bytes_restored: 4,
  };
  assert.deepEqual(parseRestoreMessage(JSON.stringify(status)), {
    kind: "status",
    done: 0.5,
    bytes: 4,
    totalBytes: 8,
    files: 2,
    totalFiles: 4,
  });
  assert.deepEqual(
    parseRestoreMessage(
      JSON.stringify({ message_type: "error", error: { message: "no\nspace" }, item: "/x\x1b" }),
    ),
    { kind: "error", text: "/x : no space" },
  );
  for (const line of ["", "restoring", "null", "7", '{"message_type":"verbose_status"}']) {
    assert.equal(parseRestoreMessage(line), undefined);
  }
});
