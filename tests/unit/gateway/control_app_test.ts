import assert from "node:assert/strict";
import { controlApp } from "../../../gateway/control_app.ts";
import { uuid } from "../given.ts";
import { WELL } from "./well.ts";

const app = controlApp({
  status: () => Promise.resolve(WELL),
  reach: (destination) => Promise.resolve({ reachable: destination === uuid("a") }),
  validate: async (request) => new Response(await request.text()),
});

Deno.test("another_node_is_told_the_status_and_whether_a_destination_is_reached", async () => {
  assert.deepEqual(await (await app.request("/-/status")).json(), WELL);
  for (const [id, reachable] of [[uuid("a"), true], [uuid("b"), false]] as const) {
    assert.deepEqual(await (await app.request(`/-/destinations/${id}`)).json(), { reachable });
  }
});

Deno.test("another_node_may_ask_for_a_trial", async () => {
  const answer = await app.request("/-/validate", { method: "POST", body: "x" });
  assert.deepEqual([answer.status, await answer.text()], [200, "x"]);
  assert.equal((await app.request("/-/validate")).status, 404);
});

Deno.test("what_is_not_known_is_not_answered", async () => {
  for (
    const path of [
      "/",
      "/-/",
      "/-/destinations",
      "/-/destinations/x",
      `/-/destinations/${uuid("a")}/x`,
      "/-/x",
    ]
  ) {
    assert.equal((await app.request(path)).status, 404, path);
  }
  assert.equal((await app.request("/-/status", { method: "POST" })).status, 404);
});
