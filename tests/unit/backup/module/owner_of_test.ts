import assert from "node:assert/strict";
import { ownerOf, type Part } from "../../../../backup/module/owner_of.ts";

function path(...parts: [path: string, uid: number, mode?: number, kind?: Part["kind"]][]): Part[] {
  return parts.map(([path, uid, mode = 0o755, kind = "folder"]) => ({
    path,
    uid,
    mode: 0o040000 | mode,
    kind,
  }));
}

Deno.test("the_owner_is_the_first_who_is_not_root_or_root", () => {
  const cases: [parts: Part[], owner: number][] = [
    [path(["/", 0], ["/var", 0], ["/var/wiki1", 0]), 0],
    [path(["/", 0], ["/home", 0], ["/home/wiki1", 1001], ["/home/wiki1/.config", 1001]), 1001],
    // Where everybody may write, and only the owner may exchange.
    [path(["/", 0], ["/tmp", 0, 0o1777], ["/tmp/wiki1", 0]), 0],
    // What the user lets others do is the user's to say.
    [path(["/", 0], ["/home/wiki1", 1001, 0o777]), 1001],
  ];
  for (const [parts, uid] of cases) assert.deepEqual(ownerOf(parts), { uid });
});

Deno.test("what_somebody_could_exchange_has_no_owner", () => {
  const cases: [parts: Part[], because: string][] = [
    [
      path(["/", 0], ["/home/wiki1", 1001], ["/home/wiki1/.config", 1001, 0o777, "link"]),
      "/home/wiki1/.config is a symbolic link",
    ],
    [
      path(["/", 0], ["/home/wiki1", 1001], ["/home/wiki1/.config", 0]),
      "/home/wiki1/.config belongs to user 0, in a folder of user 1001",
    ],
    [
      path(["/", 0], ["/home/wiki1", 1001], ["/home/wiki1/.config", 1002]),
      "/home/wiki1/.config belongs to user 1002, in a folder of user 1001",
    ],
    [path(["/", 0], ["/srv", 0, 0o777], ["/srv/wiki1", 0]), "/srv is root's, and others may write in it"],
    [path(["/", 0], ["/srv", 0, 0o775], ["/srv/wiki1", 1001]), "/srv is root's, and others may write in it"],
    [path(["/", 0], ["/srv/wiki1", 0, 0o644, "other"]), "/srv/wiki1 is not a folder"],
  ];
  for (const [parts, because] of cases) assert.deepEqual(ownerOf(parts), { because });
});
