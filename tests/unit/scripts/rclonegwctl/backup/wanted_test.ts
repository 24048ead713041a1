import assert from "node:assert/strict";
import { parseRequest } from "../../../../../scripts/rclonegwctl/backup/request.ts";
import { wanted } from "../../../../../scripts/rclonegwctl/backup/wanted.ts";
import { uuid } from "../../../given.ts";

const known = (module: string): boolean => module !== "gone1";
const NEW = { repository: uuid("a"), schedule: "daily", retention: "7", instances: ["dokuwiki1", "mail1"] };
const OLD = {
  hash: {
    name: "Nightly",
    repository: uuid("a"),
    schedule: "daily",
    schedule_hint: '{"interval":"daily"}',
    retention: "7",
    enabled: "1",
    instances: "dokuwiki1 gone1",
  },
  own: {},
};

function saving(...parameters: Parameters<typeof wanted>) {
  const found = wanted(...parameters);
  assert.ok("saving" in found, JSON.stringify(found));
  return found;
}

function problems(...parameters: Parameters<typeof wanted>): string {
  const found = wanted(...parameters);
  assert.ok("problems" in found, JSON.stringify(found));
  return found.problems.join("\n");
}

Deno.test("a_new_backup_has_nethserver_8s_fields", () => {
  assert.deepEqual(saving("3", NEW, undefined, known).saving, {
    fields: {
      name: "Backup 3",
      repository: uuid("a"),
      schedule: "daily",
      schedule_hint: "{}",
      retention: "7",
      enabled: "1",
      instances: "dokuwiki1 mail1",
    },
    own: {},
  });
});

Deno.test("everything_that_is_missing_is_named_at_once", () => {
  const said = problems("1", { keep: "keep-dayly=1" }, undefined, known);
  for (const word of ["destination", "schedule", "modules", "keep-dayly"]) {
    assert.match(said, new RegExp(word));
  }
});

Deno.test("what_is_not_given_stays_and_modules_that_are_gone_go", () => {
  const { saving: { fields, own }, gone } = saving(
    "1",
    { schedule: "hourly", minimum_age: "60" },
    OLD,
    known,
  );
  assert.deepEqual([fields, own, gone], [
    { schedule: "hourly", instances: "dokuwiki1" },
    { minimum_age: "60" },
    ["gone1"],
  ]);
});

Deno.test("rules_take_the_place_of_a_retention_and_go_again", () => {
  const ruled = saving("1", { keep: "keep-last=2 keep-daily=7 keep-within=36h" }, OLD, known).saving;
  assert.deepEqual(ruled.fields["retention"], "11");
  const stored = { ...OLD, own: { keep: "keep-daily=7" } };
  assert.match(problems("1", { retention: "3" }, stored, known), /retention does not count while keep is/);
  assert.deepEqual(saving("1", { retention: "3", keep: "" }, stored, known).saving.own, { keep: "" });
});

Deno.test("a_retention_is_a_number_from_1_on", () => {
  for (const retention of ["0", "-1", "7d", "1.5", ""]) {
    assert.match(problems("1", { ...NEW, retention }, undefined, known), /no number from 1 on/);
  }
});

Deno.test("a_backup_keeps_its_destination", () => {
  assert.match(problems("1", { repository: uuid("b") }, OLD, known), /the destination of a backup stays/);
});

Deno.test("json_is_read_with_all_its_problems", () => {
  const given = {
    ...NEW,
    retention: 7,
    schedule_hint: { a: 1 },
    enabled: false,
    minimum_age: "3d",
    keep: ["keep-last=1"],
  };
  assert.deepEqual(parseRequest(JSON.stringify(given)), {
    ...NEW,
    schedule_hint: '{"a":1}',
    enabled: false,
    minimum_age: "259200",
    keep: "keep-last=1",
  });
  const wrong = parseRequest('{"name":1,"enabled":"yes","instances":"a","random_delay":"soon","more":0}');
  assert.ok("problems" in wrong);
  assert.equal(wrong.problems.length, 5);
  for (const text of ["", "[]", "null", "7"]) assert.ok("problems" in parseRequest(text));
});
