import assert from "node:assert/strict";
import { askGateway, told } from "../../backup/run/gateway.ts";

const credentials = { user: "node/1", secret: "s" };
const signal = new AbortController().signal;

/** A server that answers so, and what it was asked. */
function serve(...answers: Response[]): { url: string; asked: string[] } & AsyncDisposable {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    asked.push(`${new URL(request.url).pathname} ${request.headers.get("authorization")}`);
    return answers.shift() ?? new Response(null, { status: 500 });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("what_is_said_to_pass_is_asked_again_and_what_is_final_is_not", async () => {
  await using server = serve(new Response("later", { status: 503 }), new Response("no", { status: 403 }));
  const answer = await askGateway(
    { url: server.url, credentials },
    { method: "GET", path: "a/b.json" },
    signal,
  );
  assert.equal(told(answer), "403 (no)");
  const same = `/a/b.json Basic ${btoa("node/1:s")}`;
  assert.deepEqual(server.asked, [same, same]);
});
