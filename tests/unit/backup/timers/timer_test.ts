import assert from "node:assert/strict";
import { type BackupDefinition, parseDefinition } from "../../../../backup/definition.ts";
import { plan, timerOf } from "../../../../backup/timers/timer.ts";
import { uuid } from "../../given.ts";

function definition(
  id: string,
  more: Record<string, string> = {},
  own: Record<string, string> = {},
): BackupDefinition {
  const found = parseDefinition(id, {
    name: "Nightly",
    repository: uuid("a"),
    schedule: "daily",
    enabled: "1",
    instances: "dokuwiki1",
    retention: "7",
    ...more,
  }, own);
  assert.ok(!("problems" in found));
  return found;
}

const there = (each: BackupDefinition) => timerOf(each);

Deno.test("what_is_not_there_is_started", () => {
  const { start, stop } = plan({ definitions: [definition("1")], broken: [] }, []);
  assert.deepEqual([start.map(({ id }) => id), stop], [["1"], []]);
});

Deno.test("what_has_not_changed_is_left_alone", () => {
  const one = definition("1");
  const renamed = definition("1", { name: "Other", instances: "mail1", retention: "3" });
  assert.deepEqual(plan({ definitions: [renamed], broken: [] }, [there(one)]), { start: [], stop: [] });
});

Deno.test("another_schedule_or_delay_makes_it_anew", () => {
  for (
    const changed of [definition("1", { schedule: "hourly" }), definition("1", {}, { random_delay: "60" })]
  ) {
    const { start, stop } = plan({ definitions: [changed], broken: [] }, [there(definition("1"))]);
    assert.deepEqual([start.map(({ id }) => id), stop], [["1"], []]);
  }
});

Deno.test("what_is_disabled_or_gone_is_stopped", () => {
  const existing = ["1", "2"].map((id) => there(definition(id)));
  const { start, stop } = plan({ definitions: [definition("2", { enabled: "" })], broken: [] }, existing);
  assert.deepEqual([start, stop], [[], ["1", "2"]]);
});

Deno.test("the_timer_of_a_broken_definition_stays", () => {
  const existing = [there(definition("1"))];
  assert.deepEqual(plan({ definitions: [], broken: [{ id: "1" }] }, existing), { start: [], stop: [] });
});
