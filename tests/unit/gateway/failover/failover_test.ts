import assert from "node:assert/strict";
import type { Peer } from "../../../../gateway/domain/peer.ts";
import type { Uuid } from "../../../../gateway/domain/uuid.ts";
import { Failover } from "../../../../gateway/failover/failover.ts";
import { uuid } from "../../given.ts";

const D = uuid("d");
const peers = (...nodes: string[]): Peer[] => nodes.map((node) => ({ node, address: `10.5.4.${node}` }));

/** Nodes 2, 3, … of which some reach the destination, a clock, and what was asked, routed and said. */
function given(all: Peer[] = peers("2", "3", "4")) {
  const state = { now: 0, peers: all, failing: [D] as Uuid[], can: new Set<string>() };
  const asked: string[] = [];
  const said: string[] = [];
  const cut: string[] = [];
  const allRoutes: Record<string, string>[] = [];
  let routes: Record<string, string> = {};
  const failover = new Failover({
    peers: () => state.peers,
    failing: () => state.failing,
    asks: ({ node }) => {
      asked.push(node);
      return Promise.resolve(state.can.has(node));
    },
    route: (now) => {
      routes = Object.fromEntries([...now].map(([id, { node }]) => [id, node]));
      allRoutes.push(routes);
      return Promise.resolve();
    },
    cut: (destination) => Promise.resolve(void cut.push(destination)),
    log: (message) => said.push(message),
    now: () => state.now,
  });
  return {
    state,
    said,
    cut,
    allRoutes,
    /** looks once a second for so many seconds; the node over which requests go then, and who was asked meanwhile */
    async after(seconds: number): Promise<{ over: string | undefined; asked: string[] }> {
      asked.length = 0;
      for (let second = 0; second < seconds; second++) {
        state.now += 1000;
        await failover.look();
      }
      assert.equal(failover.over(D)?.node, routes[D]);
      return { over: routes[D], asked: [...asked] };
    },
  };
}

Deno.test("the_first_node_in_order_that_reaches_it_is_taken", async () => {
  const { state, after, said } = given();
  state.can = new Set(["3", "4"]);
  assert.deepEqual(await after(1), { over: "3", asked: ["2", "3", "4"] });
  assert.deepEqual(said, [`${D}: requests of this node's clients go over node 3`]);
});

Deno.test("nobody_is_asked_while_all_is_well_and_all_goes_back_when_it_is_again", async () => {
  const { state, after } = given();
  state.failing = [];
  state.can = new Set(["2"]);
  assert.deepEqual(await after(5), { over: undefined, asked: [] });
  state.failing = [D];
  assert.equal((await after(1)).over, "2");
  state.failing = [];
  assert.deepEqual(await after(1), { over: undefined, asked: [] });
});

Deno.test("a_node_that_no_longer_reaches_it_is_left_for_the_next", async () => {
  const { state, after } = given();
  state.can = new Set(["2", "4"]);
  assert.equal((await after(1)).over, "2");
  assert.deepEqual(await after(2), { over: "2", asked: [] });
  assert.deepEqual(await after(1), { over: "2", asked: ["2"] });
  state.can = new Set(["4"]);
  assert.equal((await after(3)).over, "4");
});

Deno.test("a_node_that_leaves_the_cluster_or_gets_another_address_is_left", async () => {
  const { state, after } = given();
  state.can = new Set(["2"]);
  await after(1);
  state.peers = peers("3", "4");
  assert.equal((await after(3)).over, undefined);
  state.peers = peers("2");
  assert.equal((await after(60)).over, "2");
});

Deno.test("a_node_that_is_gone_is_left_before_anybody_is_asked", async () => {
  const { state, after, allRoutes, said } = given();
  state.can = new Set(["2", "4"]);
  await after(1);
  state.peers = [{ node: "2", address: "10.5.4.22" }, ...peers("3", "4")];
  allRoutes.length = 0;
  // Within the next look, although the node that is used was to be asked only later.
  assert.equal((await after(1)).over, "2");
  assert.deepEqual(allRoutes, [{}, { [D]: "2" }]);
  assert.match(said.join("\n"), /node 2 is no more at 10\.5\.4\.2: nothing goes over it/);
});

Deno.test("a_node_that_is_new_is_asked_soon_however_rare_the_searches_are", async () => {
  const { state, after } = given(peers("2"));
  await after(600);
  state.can = new Set(["3"]);
  state.peers = peers("2", "3");
  assert.equal((await after(1)).over, "3");
});

Deno.test("where_no_node_reaches_it_the_searches_become_rare", async () => {
  const { after, said } = given();
  const first = (await after(60)).asked.length;
  await after(600);
  const later = (await after(600)).asked.length;
  assert.ok(first >= 9 && first <= 20, `${first} questions in the first minute`);
  assert.ok(later <= 33, `${later} questions in ten minutes, later`);
  assert.ok(said.length <= 1, said.join("\n"));
});

Deno.test("of_many_nodes_each_search_asks_a_few_and_all_come_to_their_turn", async () => {
  const nodes = Array.from({ length: 40 }, (_, index) => String(index + 2));
  const { state, after } = given(peers(...nodes));
  const { asked } = await after(1);
  assert.equal(asked.length, 4);
  state.can = new Set(["39"]);
  assert.equal((await after(900)).over, "39");
});

Deno.test("what_is_under_way_is_cut_once_there_is_another_way_and_not_before", async () => {
  const { state, after, cut } = given();
  await after(30);
  assert.deepEqual(cut, []);
  state.can = new Set(["3"]);
  await after(60);
  assert.deepEqual(cut, [D]);
});
