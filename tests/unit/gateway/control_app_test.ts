import assert from "node:assert/strict";
import { controlApp } from "../../../gateway/control_app.ts";
import { uuid } from "../given.ts";
import { WELL } from "./well.ts";

const app = controlApp({
  status: () => Promise.resolve(WELL),
  reach: (destination) => Promise.resolve({ reachable: destination === uuid("a") }),
  validate: async (request) => new Response(await request.text()),
  backups: {
    start: (id) =>
      id === "1"
        ? Promise.resolve({ state: "running", started: 5 })
        : Promise.reject(new Error("its host is away")),
    stateOf: () => Promise.resolve({ state: "none" }),
  },
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

Deno.test("another_node_may_start_a_backup_and_ask_how_it_stands", async () => {
  const ask = async (method: string, path: string): Promise<[number, string]> => {
    const answer = await app.request(path, { method });
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await ask("POST", "/-/backups/1/run"), [200, '{"state":"running","started":5}']);
  assert.deepEqual(await ask("GET", "/-/backups/2"), [200, '{"state":"none"}']);
  assert.deepEqual(await ask("POST", "/-/backups/2/run"), [503, "its host is away\n"]);
  for (const path of ["/-/backups/x/run", "/-/backups/0/run", "/-/backups/1%2F..%2Fx/run"]) {
    assert.equal((await ask("POST", path))[0], 404, path);
  }
  assert.equal((await ask("GET", "/-/backups/1/run"))[0], 404);
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
