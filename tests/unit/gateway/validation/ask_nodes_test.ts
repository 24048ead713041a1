import assert from "node:assert/strict";
import { PeerRefused } from "../../../../gateway/failover/ask_peer.ts";
import { askNodes } from "../../../../gateway/validation/ask_nodes.ts";

const ASKED = { provider: "rclone", url: "", basepath: "b", section: "[x]\ntype = s3\n" };
const OK = { list: "ok", write: "ok", delete: "ok" };
const NOTHING = { list: "not-tried", write: "not-tried", delete: "not-tried" };

Deno.test("the_answers_of_nodes_are_told_in_their_order_and_judged", async (test) => {
  const cases: [name: string, answer: () => unknown, told: Record<string, string>][] = [
    ["worked", () => OK, OK],
    ["failed", () => ({ ...OK, delete: "failed", note: "rclone says: 403" }), {
      ...OK,
      delete: "failed",
      note: "rclone says: 403",
    }],
    ["what_is_not_known_is_left_out", () => ({ ...OK, note: "", more: 1 }), OK],
    ["a_note_for_a_terminal", () => ({ ...OK, note: "a\u001b[2J\n\u202eb" }), { ...OK, note: "a [2J b" }],
    ["a_note_without_end", () => ({ ...OK, note: "x".repeat(9999) }), { ...OK, note: "x".repeat(1000) }],
    ["an_unknown_result", () => ({ ...OK, list: "yes" }), {
      ...NOTHING,
      note: "its answer is not one that is known here",
    }],
    ["null", () => null, { ...NOTHING, note: "its answer is not one that is known here" }],
    ["too_old", () => Promise.reject(new PeerRefused(404, "nothing of the kind")), {
      ...NOTHING,
      note: "its gateway is too old to try destinations",
    }],
    ["busy", () => Promise.reject(new PeerRefused(503, "2 others are being tried")), {
      ...NOTHING,
      note: "it answers 503: 2 others are being tried",
    }],
    ["down", () => Promise.reject(new TypeError("connection refused by 10.5.4.2")), {
      ...NOTHING,
      note: "its gateway does not answer (TypeError)",
    }],
  ];
  const peers = cases.map((_, index) => ({ node: String(index + 2), address: `10.5.4.${index + 2}` }));
  const answers = await askNodes(
    async ({ node }, path, _within, body) => {
      assert.deepEqual([path, body], ["validate", ASKED]);
      return await cases[Number(node) - 2]?.[1]();
    },
    peers,
    ASKED,
  );
  for (const [index, [name, , told]] of cases.entries()) {
    await test.step(name, () => assert.deepEqual(answers[index], { node: String(index + 2), ...told }));
  }
});
