import { equal } from "node:assert/strict";
import { partOf, processorMilliseconds, total } from "../../bench/processor_time.ts";

/** As proc_pid_stat(5) has it: pid, name, state, ten more, then user and system time. */
const stat = (name: string): string =>
  `42 (${name}) S 1 42 42 0 -1 4194560 100 200 3 4 150 50 7 8 20 0 9 0 100 1 1`;

Deno.test("user_and_system_time_are_added_and_that_of_children_is_not", () => {
  equal(processorMilliseconds(stat("rclone")), 2000);
});

Deno.test("a_name_with_brackets_and_spaces_moves_no_field", () => {
  equal(processorMilliseconds(stat("a) S 9 9 (b")), 2000);
});

Deno.test("every_process_of_the_gateway_has_its_part", () => {
  const cases: [command: string, part: string][] = [
    ["deno run --quiet -P=authz /opt/rclone-gateway/bundles/authz/main.js", "sidecar"],
    ["deno run --quiet /opt/rclone-gateway/bundles/gateway/controller.js", "controller"],
    ["haproxy -W -q -db", "haproxy"],
    ["rclone rcd --config rclone.conf", "rclone"],
    ["s6-svscan /run/gateway/services", "s6"],
    ["sh -c something", "other"],
  ];
  for (const [command, part] of cases) equal(partOf(command), part, command);
});

Deno.test("the_parts_add_up", () => {
  equal(total({ rclone: 1.5, haproxy: 2 }), 3.5);
});
