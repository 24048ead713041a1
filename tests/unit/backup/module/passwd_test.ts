import assert from "node:assert/strict";
import { userOf } from "../../../../backup/module/passwd.ts";

const PASSWD = `root:x:0:0:root:/root:/bin/bash
# a comment

wiki1:x:1001:1002:,,,:/home/wiki1:/bin/bash
other:x:1001:1001::/home/other:/bin/sh
short:x:1003
odd:x:1004:1004::relative:/bin/sh
:x:1005:1005::/home/nameless:/bin/sh
long:x:01006:1006::/home/long:/bin/sh`;

Deno.test("a_user_is_found_by_number_the_first_line_counts", () => {
  assert.deepEqual(userOf(PASSWD, 1001), { uid: 1001, gid: 1002, name: "wiki1", home: "/home/wiki1" });
  assert.deepEqual(userOf(PASSWD, 0), { uid: 0, gid: 0, name: "root", home: "/root" });
});

Deno.test("who_is_not_there_or_is_not_whole_is_nobody", () => {
  for (const uid of [7, 1003, 1004, 1005]) assert.equal(userOf(PASSWD, uid), undefined, String(uid));
  assert.equal(userOf("", 0), undefined);
});
