import assert from "node:assert/strict";
import { ownProblem, scheduleProblem } from "../../../../backup/timers/schedule.ts";

const NOW = Date.parse("2026-11-23T21:00:00Z");

Deno.test("without_systemd_what_never_comes_round_again_is_refused", () => {
  assert.equal(ownProblem("daily", NOW), undefined);
  assert.match(ownProblem("2020-01-01", NOW) ?? "", /which never comes round again/);
  assert.match(
    ownProblem("*-02~01", NOW) ?? "",
    /cannot be read without systemd: .* counts days from a month/,
  );
});

Deno.test("what_is_no_schedule_anywhere_is_refused", async () => {
  for (const text of ["", "now and then", "daily\n", "--help", "x".repeat(65)]) {
    assert.notEqual(await scheduleProblem(text), undefined, text);
  }
  for (const text of ["daily", "Mon..Fri 02:30"]) assert.equal(await scheduleProblem(text), undefined, text);
});
