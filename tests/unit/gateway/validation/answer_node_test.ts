import assert from "node:assert/strict";
import { answerNode, LARGEST_BYTES } from "../../../../gateway/validation/answer_node.ts";

const SECTION = "[x]\ntype = s3\nsecret_access_key = s3cr3t\n";
const body = (change: Record<string, string> = {}): string =>
  JSON.stringify({ provider: "rclone", url: "", basepath: "b", section: SECTION, ...change });
const request = (text: BodyInit): Request => new Request("http://x/", { method: "POST", body: text });
const OK = { list: "ok", write: "ok", delete: "ok" } as const;

function answering(): {
  ask: (text: BodyInit) => Promise<Response>;
  tried: unknown[];
  logged: string[];
  release: () => void;
} {
  const tried: unknown[] = [];
  const logged: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const answer = answerNode({
    tryIt: async (judged) => {
      tried.push(judged);
      await promise;
      return OK;
    },
    log: (message) => void logged.push(message),
  });
  return { ask: (text) => answer(request(text)), tried, logged, release: resolve };
}

Deno.test("two_are_tried_at_once_and_no_more", async () => {
  const { ask, tried, release } = answering();
  const running = [ask(body()), ask(body())];
  while (tried.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  const busy = await ask(body());
  assert.deepEqual([busy.status, busy.headers.get("retry-after")], [503, "30"]);
  assert.match(await busy.text(), /^Cannot try this destination: 2 others are being tried\n$/);
  release();
  for (const answer of running) assert.deepEqual(await (await answer).json(), OK);
  assert.equal((await ask(body())).status, 200);
});

Deno.test("what_is_refused_is_not_tried_and_said_without_secrets", async (test) => {
  const cases: [name: string, text: BodyInit, status: number, says: RegExp][] = [
    ["too_long", "x".repeat(LARGEST_BYTES + 1), 413, /longer than 65536 bytes/],
    ["not_json", "s3cr3t", 400, /not a JSON object/],
    ["not_utf8", new Uint8Array([0xff, 0x22]), 400, /not a JSON object/],
    ["a_command", body({ section: `${SECTION}ssh = s3cr3t\n` }), 400, /ssh is refused: it runs a command/],
  ];
  for (const [name, text, status, says] of cases) {
    await test.step(name, async () => {
      const { ask, tried, logged } = answering();
      const answer = await ask(text);
      const said = await answer.text();
      assert.equal(answer.status, status);
      assert.match(said, says);
      assert.ok(![said, ...logged].join().includes("s3cr3t"));
      assert.deepEqual(tried, []);
    });
  }
});
