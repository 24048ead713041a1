import assert from "node:assert/strict";
import { Prunes } from "../../../authz/prunes.ts";
import type { ObjectType } from "../../../gateway/domain/restic_object.ts";
import type { Target } from "../../../gateway/domain/target.ts";
import { identity, objectName, repository, uuid } from "../given.ts";

const PLACE = { destination: uuid("d"), repository: repository("dokuwiki", uuid("a")) };
const OTHER = { destination: uuid("d"), repository: repository("dokuwiki", uuid("b")) };
const MINUTE = 60_000;

/** Prunes with a clock; `does` is a request of a node, unless said otherwise. */
function given() {
  let now = 0;
  const prunes = new Prunes(() => now);
  return {
    after: (milliseconds: number) => void (now += milliseconds),
    does(method: string, type: ObjectType, name = "1", who = "node/1", place = PLACE) {
      const target: Target = {
        protocol: "rest",
        method,
        place: { kind: "repository", ...place, item: { kind: "object", type, name: objectName(name) } },
        create: false,
        depth: undefined,
        length: undefined,
        hasDestinationHeader: false,
      };
      return prunes.saw(identity(who), target);
    },
    running: (place = PLACE) => prunes.running(place),
  };
}

Deno.test("a_prune_is_known_from_its_first_removal_until_its_lock_is_gone", () => {
  for (const type of ["data", "index", "snapshots"] as const) {
    const seen = given();
    assert.equal(seen.does("POST", "locks"), false);
    assert.equal(seen.does("POST", type), false);
    assert.equal(seen.running(), false, "a node's backup is none");
    assert.equal(seen.does("DELETE", type), true, "it begins");
    assert.equal(seen.does("DELETE", type, "2"), false, "it has begun");
    assert.equal(seen.running(), true);
    assert.equal(seen.running(OTHER), false, "in that repository only");
    seen.does("DELETE", "locks");
    assert.equal(seen.running(), false);
  }
});

Deno.test("a_lock_that_is_renewed_keeps_it_known", () => {
  const seen = given();
  seen.does("POST", "locks", "1");
  seen.does("DELETE", "index");
  for (const name of ["2", "3", "4", "5"]) {
    seen.after(5 * MINUTE);
    seen.does("POST", "locks", name);
    seen.does("DELETE", "locks", String(Number(name) - 1));
    assert.equal(seen.running(), true, `after lock ${name}`);
  }
  seen.does("DELETE", "locks", "5");
  assert.equal(seen.running(), false);
});

Deno.test("one_that_died_is_over_after_ten_silent_minutes", () => {
  const seen = given();
  seen.does("POST", "locks");
  seen.does("DELETE", "data");
  seen.after(9 * MINUTE);
  assert.equal(seen.running(), true);
  seen.after(2 * MINUTE);
  assert.equal(seen.running(), false);
});

Deno.test("one_without_a_known_lock_is_over_a_minute_after_its_last_removal", () => {
  const seen = given();
  seen.does("DELETE", "data");
  seen.after(50_000);
  seen.does("DELETE", "data", "2");
  seen.after(50_000);
  assert.equal(seen.running(), true);
  seen.after(11_000);
  assert.equal(seen.running(), false);
});

Deno.test("nothing_else_is_taken_for_a_prune", () => {
  const seen = given();
  seen.does("POST", "locks");
  seen.does("DELETE", "keys");
  seen.does("DELETE", "data", "1", "module/dokuwiki1");
  seen.does("DELETE", "locks", "9");
  assert.equal(seen.running(), false);
});
