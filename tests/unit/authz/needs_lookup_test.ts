import assert from "node:assert/strict";
import { type Lookup, needsLookup } from "../../../authz/needs_lookup.ts";
import { parseTarget } from "../../../authz/target.ts";
import { uuid } from "../given.ts";

const NAME = "ab".repeat(32);
const lookup = (identity: string, method: string, path: string, rest = true): Lookup =>
  needsLookup(
    identity,
    parseTarget({
      method,
      target: `/${uuid("d")}/dokuwiki/${uuid("a")}/${path}`,
      accept: rest ? "application/vnd.x.restic.rest.v2" : undefined,
      depth: undefined,
      destination: undefined,
      length: "1",
    }),
  );

Deno.test("a_module_uploads_what_opens_a_repository_only_after_a_lookup", () => {
  for (const path of ["config", `keys/${NAME}`, `snapshots/${NAME}`, `index/${NAME}`]) {
    assert.equal(lookup("module/dokuwiki1", "POST", path), "absent", path);
    assert.equal(lookup("node/1", "POST", path), "no", `node ${path}`);
    for (const method of ["GET", "HEAD", "DELETE"]) {
      assert.equal(lookup("module/dokuwiki1", method, path), "no", method);
    }
  }
});

Deno.test("a_lock_is_put_on_record_before_it_is_uploaded_by_anybody", () => {
  for (const identity of ["module/dokuwiki1", "node/1"]) {
    assert.equal(lookup(identity, "POST", `locks/${NAME}`), "lock", identity);
    assert.equal(lookup(identity, "DELETE", `locks/${NAME}`), "no", identity);
  }
});

Deno.test("data_and_what_is_no_upload_cost_no_lookup", () => {
  for (const path of [`data/${NAME}`, "?create=true", "keys/", `nonsense/${NAME}`, "%00"]) {
    assert.equal(lookup("module/dokuwiki1", "POST", path), "no", path);
  }
  assert.equal(lookup("module/dokuwiki1", "POST", "config", false), "no", "WebDAV");
});
