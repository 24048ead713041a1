import assert from "node:assert/strict";
import { parseReplication, type Replication } from "../../../../gateway/redis/replication.ts";

/** As Redis 8.0 sends it, shortened. */
const info = (...lines: string[]): string => ["# Replication", ...lines, ""].join("\r\n");

const UP = [
  "role:slave",
  "master_host:10.5.4.1",
  "master_port:6379",
  "master_link_status:up",
  "master_last_io_seconds_ago:7",
  "master_sync_in_progress:0",
  "slave_repl_offset:1234",
];
const DOWN = [
  "role:slave",
  "master_link_status:down",
  "master_last_io_seconds_ago:-1",
  "master_sync_in_progress:0",
  "master_link_down_since_seconds:3",
];

Deno.test("info_replication_is_read_once_into_what_it_means", async (test) => {
  const cases: [name: string, text: string, means: Replication | undefined][] = [
    ["leader", info("role:master", "connected_slaves:1", "slave0:ip=::1,port=1,state=online"), {
      role: "leader",
    }],
    ["link_up", info(...UP), { role: "replica", link: "up", heardSecondsAgo: 7 }],
    ["heard_just_now", info(...UP).replace("ago:7", "ago:0"), {
      role: "replica",
      link: "up",
      heardSecondsAgo: 0,
    }],
    ["link_down", info(...DOWN), { role: "replica", link: "down", syncing: false }],
    ["never_up", info(...DOWN).replace("down_since_seconds:3", "down_since_seconds:-1"), {
      role: "replica",
      link: "down",
      syncing: false,
    }],
    ["copying", info(...DOWN).replace("progress:0", "progress:1"), {
      role: "replica",
      link: "down",
      syncing: true,
    }],
    ["lines_end_without_cr", info(...UP).replaceAll("\r", ""), {
      role: "replica",
      link: "up",
      heardSecondsAgo: 7,
    }],
    ["up_without_a_number", info(...UP).replace("ago:7", "ago:-1"), undefined],
    ["up_and_nothing_more", info("role:slave", "master_link_status:up"), undefined],
    ["link_of_another_kind", info(...UP).replace("status:up", "status:upper"), undefined],
    ["replica_and_nothing_more", info("role:slave"), undefined],
    ["sentinel", info("role:sentinel"), undefined],
    ["role_of_something_else", info("old_role:master"), undefined],
    ["nothing", "", undefined],
  ];
  for (const [name, text, means] of cases) {
    await test.step(name, () => assert.deepEqual(parseReplication(text), means));
  }
});
