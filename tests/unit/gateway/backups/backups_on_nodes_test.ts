import assert from "node:assert/strict";
import { backupsOnNodes } from "../../../../gateway/backups/backups_on_nodes.ts";
import { type AskPeer, PeerRefused } from "../../../../gateway/failover/ask_peer.ts";

const state = () => ({
  peers: ["2", "3", "4", "5"].map((node) => ({ node, address: `10.5.4.${node}` })),
  unreachable: [{ node: "6", because: "it has no address" }],
});
const asked: string[] = [];
const ask: AskPeer = ({ node }, path, _, body) => {
  asked.push(`${node} ${path} ${JSON.stringify(body)}`);
  switch (node) {
    case "2":
      return Promise.resolve({ state: "running", started: 7 });
    case "3":
      return Promise.resolve({ state: "ended", code: "0" });
    case "4":
      return Promise.reject(new PeerRefused(503, "its host does not answer\nover \x1b[1mthis"));
    default:
      return Promise.reject(new DOMException("", "TimeoutError"));
  }
};
const here = {
  start: () => Promise.resolve({ state: "running", started: 1 } as const),
  stateOf: () => Promise.reject(new Error("its host is silent")),
};
const settings = { nodeId: "1", stateDir: "/nowhere" };

Deno.test("each_node_is_asked_and_who_does_not_answer_is_unknown", async () => {
  const { onNodes } = backupsOnNodes(settings, { state, ask, here });
  const runs = await onNodes("start", "12", ["1", "2", "3", "4", "5", "6", "7"]);
  assert.deepEqual(
    runs.map((run) => "because" in run ? `${run.node}: ${run.because}` : `${run.node} ${run.state}`),
    [
      "1 running",
      "2 running",
      "3: its answer is not one that is known here",
      "4: its host does not answer over [1mthis",
      "5: its gateway does not answer (TimeoutError)",
      "6: it has no address",
      "7: there is no such node",
    ],
  );
  assert.deepEqual(asked.slice(0, 1), ["2 backups/12/run {}"]);
});

Deno.test("how_it_stands_is_a_question_of_its_own", async () => {
  asked.length = 0;
  const { onNodes } = backupsOnNodes(settings, { state, ask, here });
  const [own] = await onNodes("stateOf", "12", ["1", "2"]);
  assert.deepEqual(own, { node: "1", state: "unknown", because: "its host is silent" });
  assert.deepEqual(asked, ["2 backups/12 undefined"]);
});

Deno.test("a_node_without_a_secret_asks_nobody", async () => {
  const { onNodes } = backupsOnNodes(settings, { state, ask: "set NODE_PASSWORD", here });
  assert.deepEqual(await onNodes("start", "1", ["2"]), [{
    node: "2",
    state: "unknown",
    because: "set NODE_PASSWORD",
  }]);
});
