import assert from "node:assert/strict";
import { nodesOf } from "../../../../gateway/redis/nodes_of.ts";
import { type StoredState, Unreadable } from "../../../../gateway/redis/stored_state.ts";

const NETWORKS = ["10.5.4.0/24", "fd00::/64"];

function of(otherAddresses: StoredState["otherAddresses"], leader?: string) {
  return nodesOf({ otherAddresses, leader, ownAddress: "10.5.4.1" }, NETWORKS);
}

Deno.test("the_other_nodes_are_the_leader_and_then_by_number", () => {
  const all = { "10": "10.5.4.10", "2": "10.5.4.2", "3": "10.5.4.3" };
  assert.deepEqual(of(all, "3").peers.map(({ node }) => node), ["3", "2", "10"]);
  assert.deepEqual(of(all, "1").peers.map(({ node }) => node), ["2", "3", "10"]);
  assert.deepEqual(of({}), { peers: [], unreachable: [] });
  assert.deepEqual(of(undefined), { peers: [], unreachable: [] });
});

Deno.test("a_node_that_cannot_be_reached_is_named_and_the_others_are_not_touched", async (test) => {
  const cases: [name: string, stored: string | undefined | Unreadable, because: RegExp][] = [
    ["missing", undefined, /^node\/4\/vpn has no ip_address$/],
    ["wrong_type", new Unreadable("WRONGTYPE x"), /^node\/4\/vpn cannot be read: WRONGTYPE x$/],
    ["empty", "", /has an ip_address that is none: ""$/],
    ["a_name", "node4.example", /is none: "node4.example"$/],
    ["a_network", "10.5.4.4/32", /is none/],
    ["short", "10.5.4", /is none/],
    ["octal", "10.5.4.04", /is none/],
    ["a_number", "168100868", /is none/],
    ["with_a_zone", "fe80::1%eth0", /is none/],
    ["with_a_line", "10.5.4.4\n10.5.4.5", /is none/],
    ["outside", "192.0.2.4", /^its address 192\.0\.2\.4 is not in the cluster's network$/],
    ["loopback", "127.0.0.1", /is not in the cluster's network$/],
    ["another_nodes", "10.5.4.2", /^node 2 has its address 10\.5\.4\.2, too$/],
    ["another_nodes_written_otherwise", "fd00:0:0::3", /^node 3 has its address fd00::3, too$/],
    ["this_nodes", "10.5.4.1", /^this node has its address 10\.5\.4\.1, too$/],
  ];
  for (const [name, stored, because] of cases) {
    await test.step(name, () => {
      const { peers, unreachable } = of({ "2": "10.5.4.2", "3": "fd00::3", "4": stored, "5": "10.5.4.5" });
      assert.deepEqual(peers.map(({ node }) => node), ["2", "3", "5"]);
      assert.deepEqual(unreachable.map(({ node }) => node), ["4"]);
      assert.match(unreachable[0]?.because ?? "", because);
    });
  }
});
