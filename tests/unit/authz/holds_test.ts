import assert from "node:assert/strict";
import { decide } from "../../../authz/decide.ts";
import { type Holds, holdsFor } from "../../../authz/holds.ts";
import { parseTarget, restRequest } from "../../../authz/target.ts";
import { parseIdentity } from "../../../gateway/domain/identity.ts";
import { parseAppType } from "../../../gateway/domain/app_type.ts";
import { parseUuid } from "../../../gateway/domain/uuid.ts";

const DESTINATION = "5a1c2d3e-0000-4000-8000-000000000001";
const OWN = "d0000001-0000-4000-8000-000000000001";
const GRANTED = "d0000002-0000-4000-8000-000000000002";
const NAME = "0".repeat(64);
const REPOSITORY = `/${DESTINATION}/dokuwiki/${OWN}`;

function holds(who: string, method: string, path: string): Holds | undefined {
  const identity = parseIdentity(who);
  const [appType, own, granted] = [parseAppType("dokuwiki"), parseUuid(OWN), parseUuid(GRANTED)];
  assert(identity !== undefined && appType !== undefined && own !== undefined && granted !== undefined);
  const target = parseTarget(restRequest(method, `/${DESTINATION}/${path}`));
  const grants = { own: { appType, moduleUuid: own }, restore: { appType, moduleUuid: granted } };
  return holdsFor(decide(identity, grants, target), target);
}

Deno.test("a_yes_to_a_read_of_an_object_holds_for_its_repository", () => {
  for (const type of ["data", "index", "keys", "locks", "snapshots"]) {
    for (const method of ["GET", "HEAD"]) {
      const expected = { kind: "read", repository: REPOSITORY } as const;
      assert.deepEqual(holds("module/dokuwiki1", method, `dokuwiki/${OWN}/${type}/${NAME}`), expected);
      assert.deepEqual(holds("node/1", method, `dokuwiki/${OWN}/${type}/${NAME}`), expected);
    }
  }
});

Deno.test("a_yes_to_an_upload_of_data_holds_for_its_repository_and_for_no_other_type", () => {
  for (const who of ["module/dokuwiki1", "node/1"]) {
    const expected = { kind: "store", repository: REPOSITORY } as const;
    assert.deepEqual(holds(who, "POST", `dokuwiki/${OWN}/data/${NAME}`), expected);
    for (const type of ["index", "keys", "locks", "snapshots"]) {
      assert.equal(holds(who, "POST", `dokuwiki/${OWN}/${type}/${NAME}`), undefined, `${who} ${type}`);
    }
  }
});

Deno.test("every_other_yes_holds_for_its_request_alone", () => {
  const cases: [who: string, method: string, path: string][] = [
    ["module/dokuwiki1", "POST", `dokuwiki/${OWN}/config`],
    ["node/1", "PUT", `dokuwiki/${OWN}/data/${NAME}`],
    ["module/dokuwiki1", "DELETE", `dokuwiki/${OWN}/locks/${NAME}`],
    ["module/dokuwiki1", "GET", `dokuwiki/${OWN}/config`],
    ["module/dokuwiki1", "GET", `dokuwiki/${OWN}/data/`],
    ["module/dokuwiki1", "POST", `dokuwiki/${OWN}/?create=true`],
    ["node/1", "DELETE", `dokuwiki/${OWN}/data/${NAME}`],
    ["node/1", "GET", `else/where`],
  ];
  for (const [who, method, path] of cases) {
    assert.equal(holds(who, method, path), undefined, `${who} ${method} ${path}`);
  }
});

Deno.test("the_use_of_a_restore_grant_is_asked_for_each_time_because_each_is_logged", () => {
  assert.equal(holds("module/dokuwiki1", "GET", `dokuwiki/${GRANTED}/data/${NAME}`), undefined);
  assert.equal(holds("module/dokuwiki1", "POST", `dokuwiki/${GRANTED}/locks/${NAME}`), undefined);
});

Deno.test("a_no_holds_for_nothing", () => {
  assert.equal(holds("module/dokuwiki1", "GET", `mail/${OWN}/data/${NAME}`), undefined);
  assert.equal(holds("module/mail1", "GET", `dokuwiki/${OWN}/data/${NAME}?x`), undefined);
});
