import assert from "node:assert/strict";
import { type DestinationStatus, type GatewayStatus, healthApp } from "../../../gateway/health.ts";
import { WELL } from "./well.ts";

const nothing = (): Promise<string> => Promise.reject(new Error("nobody there"));

const LOST = {
  role: "replica",
  link: "down",
  maxSeconds: 30,
  restoreGrants: "in-force",
  because: "its link is down",
} as const;

const destination = (state: DestinationStatus["state"], because?: string): DestinationStatus => ({
  id: "d",
  name: "n",
  provider: "p",
  state,
  ...(because === undefined ? {} : { because }),
});

async function readyz(change: Partial<GatewayStatus>): Promise<[number, string]> {
  const response = await healthApp(() => Promise.resolve({ ...WELL, ...change }), nothing).request("/readyz");
  return [response.status, await response.text()];
}

Deno.test("readyz_is_ok_only_where_nothing_is_wrong", async (test) => {
  const cases: [name: string, change: Partial<GatewayStatus>, status: number, text: string][] = [
    ["well", {}, 200, "ok\n"],
    ["idle", { destinations: [destination("idle")] }, 200, "ok\n"],
    ["starting", { destinations: [destination("starting")] }, 200, "ok\n"],
    ["serving", { destinations: [destination("serving")] }, 200, "ok\n"],
    ["failing", { destinations: [destination("failing", "away")] }, 503, "destination d: away\n"],
    ["not_served", { destinations: [destination("not-served", "of x")] }, 503, "destination d: of x\n"],
    ["redis_away", { redis: { state: "away", because: "silent" } }, 503, "Redis: silent\n"],
    ["redis_away_without_reason", { redis: { state: "away" } }, 503, "Redis: away\n"],
    [
      "not_deciding",
      { authorization: { state: "unavailable", because: "gone" } },
      503,
      "authorization: gone\n",
    ],
    ["replica_lost_its_leader", { replica: LOST }, 503, "replica: its link is down\n"],
    ["certificate", { certificate: { expires: "2027-01-01T00:00:00.000Z" } }, 200, "ok\n"],
    ["certificate_refused", { certificate: { because: "no key" } }, 503, "certificate: no key\n"],
    ["not_applied", { configuration: "refused" }, 503, "configuration: refused\n"],
    [
      "several",
      {
        redis: { state: "away", because: "silent" },
        configuration: "refused",
        destinations: [destination("failing", "a"), destination("serving"), destination("failing", "b")],
      },
      503,
      "Redis: silent\nconfiguration: refused\ndestination d: a\ndestination d: b\n",
    ],
  ];
  for (const [name, change, status, text] of cases) {
    await test.step(name, async () => assert.deepEqual(await readyz(change), [status, text]));
  }
});

Deno.test("healthz_asks_nobody", async () => {
  const app = healthApp(() => Promise.reject(new Error("asked")), nothing);
  const response = await app.request("/healthz");
  assert.deepEqual([response.status, await response.text()], [200, "ok\n"]);
});

Deno.test("status_is_all_of_it", async () => {
  const full = { ...WELL, configuration: "refused", destinations: [destination("failing", "away")] };
  const response = await healthApp(() => Promise.resolve(full), nothing).request("/status");
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), full);
});

Deno.test("known_is_passed_on_from_the_sidecar_or_503", async () => {
  const status = (): Promise<GatewayStatus> => Promise.resolve(WELL);
  const app = healthApp(status, (query) => Promise.resolve(JSON.stringify({ query })));
  const known = await app.request("/known?method=DELETE&target=%2Fx");
  assert.deepEqual([known.status, await known.json()], [200, { query: "?method=DELETE&target=%2Fx" }]);
  assert.equal((await healthApp(status, nothing).request("/known?method=GET")).status, 503);
});
