import assert from "node:assert/strict";
import { needsLookup } from "../../../authz/needs_lookup.ts";
import { parseTarget } from "../../../authz/target.ts";
import { uuid } from "../given.ts";

const NAME = "ab".repeat(32);
const lookup = (identity: string, method: string, path: string, rest = true): boolean =>
  needsLookup(
    identity,
    parseTarget({
      method,
      target: `/${uuid("d")}/dokuwiki/${uuid("a")}/${path}`,
      accept: rest ? "application/vnd.x.restic.rest.v2" : undefined,
      depth: undefined,
      destination: undefined,
    }),
  );

Deno.test("a_module_uploads_what_opens_a_repository_only_after_a_lookup", () => {
  for (const path of ["config", `keys/${NAME}`, `snapshots/${NAME}`, `index/${NAME}`]) {
    assert.ok(lookup("module/dokuwiki1", "POST", path), path);
    assert.ok(!lookup("node/1", "POST", path), `node ${path}`);
    for (const method of ["GET", "HEAD", "DELETE"]) {
      assert.ok(!lookup("module/dokuwiki1", method, path), method);
    }
  }
});

Deno.test("data_locks_and_what_is_no_upload_cost_no_lookup", () => {
  for (const path of [`data/${NAME}`, `locks/${NAME}`, "?create=true", "keys/", `nonsense/${NAME}`, "%00"]) {
    assert.ok(!lookup("module/dokuwiki1", "POST", path), path);
  }
  assert.ok(!lookup("module/dokuwiki1", "POST", "config", false), "WebDAV");
});
