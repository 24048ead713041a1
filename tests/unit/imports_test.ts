import assert from "node:assert/strict";
import { violations } from "./import_rules.ts";
import { impureGlobals } from "./impure_globals.ts";
import { type Graph, readGraph, ROOT } from "./module_graph.ts";

const graph = await readGraph(["gateway", "authz", "backup", "scripts"]);
const packages = new Set<string>(
  Object.keys(JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`)).imports),
);

/** What has to be free of I/O: no import leads out of here, and no global does. */
const PURE = [...graph.keys()].filter((path) =>
  /^gateway\/(domain|render|providers)\//.test(path) ||
  /^gateway\/rclone\/(section_policy|backend_options)\.ts$/.test(path) ||
  path === "authz/decide.ts" || path === "authz/target.ts"
);

Deno.test("no_import_is_against_the_rules", () => {
  assert.deepEqual(violations(graph, packages), []);
});

Deno.test("the_graph_holds_every_room", () => {
  for (
    const path of [
      "authz/decide.ts",
      "authz/main.ts",
      "gateway/apply/haproxy.ts",
      "gateway/controller.ts",
      "gateway/domain/uuid.ts",
      "gateway/providers/providers.ts",
      "gateway/rclone/instances.ts",
      "gateway/redis/keys.ts",
      "gateway/render/bundle.ts",
      "scripts/rclonegwctl.ts",
    ]
  ) assert.ok(graph.has(path), `${path} is not in the graph`);
  assert.ok(graph.get("authz/app.ts")?.includes("hono"), "npm packages are not in the graph");
  assert.ok(
    graph.get("gateway/rclone/sha256_of.ts")?.includes("node:crypto"),
    "node: modules are not in the graph",
  );
  assert.ok(
    graph.get("gateway/health.ts") !== undefined &&
      graph.get("scripts/rclonegwctl/status.ts")?.includes("gateway/health.ts"),
    "type imports are not in the graph",
  );
});

Deno.test("pure_modules_use_no_impure_global", async (test) => {
  assert.ok(PURE.length > 10);
  for (const path of PURE) {
    await test.step(path, async () => {
      assert.deepEqual(impureGlobals(await Deno.readTextFile(`${ROOT}/${path}`)), []);
    });
  }
});

Deno.test("an_import_against_the_rules_is_reported", async (test) => {
  const cases: [name: string, module: string, imported: string, reported?: string][] = [
    ["domain_npm", "gateway/domain/a.ts", "hono"],
    ["domain_node", "gateway/domain/a.ts", "node:fs"],
    ["domain_neighbour", "gateway/domain/a.ts", "gateway/domainish/b.ts"],
    ["domain_render", "gateway/domain/a.ts", "gateway/render/b.ts"],
    ["render_node", "gateway/render/a.ts", "node:fs"],
    ["render_paths", "gateway/render/a.ts", "gateway/paths.ts"],
    ["render_redis", "gateway/render/a.ts", "gateway/redis/keys.ts"],
    ["providers_node", "gateway/providers/a.ts", "node:fs"],
    ["providers_rclone", "gateway/providers/a.ts", "gateway/rclone/b.ts"],
    ["policy_node", "gateway/rclone/section_policy.ts", "node:fs"],
    ["policy_trial", "gateway/rclone/section_policy.ts", "gateway/rclone/trial.ts"],
    ["controller_providers", "gateway/controller.ts", "gateway/providers/a.ts"],
    ["decide_facts", "authz/decide.ts", "authz/facts.ts"],
    ["decide_node", "authz/decide.ts", "node:crypto"],
    ["target_wire", "authz/target.ts", "authz/wire.ts"],
    ["apply_redis", "gateway/apply/a.ts", "gateway/redis/keys.ts"],
    ["rclone_redis", "gateway/rclone/a.ts", "gateway/redis/keys.ts"],
    ["authz_rclone", "authz/a.ts", "gateway/rclone/b.ts"],
    ["authz_apply", "authz/a.ts", "gateway/apply/b.ts"],
    ["authz_render", "authz/a.ts", "gateway/render/b.ts"],
    ["authz_scripts", "authz/a.ts", "scripts/b.ts"],
    ["gateway_authz", "gateway/a.ts", "authz/wire.ts"],
    ["gateway_scripts", "gateway/a.ts", "scripts/rclonegwctl/secret.ts"],
    ["scripts_tests", "scripts/a.ts", "tests/unit/b.ts"],
    ["entry_controller", "scripts/a.ts", "gateway/controller.ts"],
    ["entry_boot", "gateway/a.ts", "gateway/boot.ts"],
    ["entry_main", "authz/a.ts", "authz/main.ts"],
    ["entry_command", "scripts/rclonegwctl/a.ts", "scripts/rclonegwctl.ts"],
    ["package_unknown", "authz/a.ts", "left-pad", "authz/a.ts imports left-pad, which is not in deno.json"],
    [
      "package_direct",
      "authz/a.ts",
      "npm:hono@1",
      "authz/a.ts imports npm:hono@1, which is not in deno.json",
    ],
    ["package_subpath", "authz/a.ts", "hono/jwt", "authz/a.ts imports hono/jwt, which is not in deno.json"],
    [
      "package_url",
      "authz/a.ts",
      "https://x.invalid/y.ts",
      "authz/a.ts imports https://x.invalid/y.ts, which is not in deno.json",
    ],
  ];
  for (const [name, module, imported, reported] of cases) {
    await test.step(name, () => {
      const madeUp: Graph = new Map([[module, ["gateway/domain/uuid.ts", imported]]]);
      assert.deepEqual(violations(madeUp, packages), [reported ?? `${module} imports ${imported}`]);
    });
  }
});

Deno.test("a_cycle_is_reported_once", () => {
  const ring: Graph = new Map([
    ["gateway/a.ts", ["gateway/b.ts"]],
    ["gateway/b.ts", ["gateway/domain/uuid.ts", "gateway/c.ts"]],
    ["gateway/c.ts", ["gateway/b.ts"]],
    ["gateway/domain/uuid.ts", []],
  ]);
  assert.deepEqual(violations(ring, packages), ["cycle: gateway/b.ts -> gateway/c.ts -> gateway/b.ts"]);
});

Deno.test("what_is_allowed_is_not_reported", () => {
  const madeUp: Graph = new Map([
    ["gateway/domain/a.ts", ["gateway/domain/b.ts"]],
    ["gateway/render/a.ts", ["gateway/domain/b.ts", "gateway/render/b.ts"]],
    ["authz/decide.ts", ["gateway/domain/b.ts"]],
    ["authz/facts.ts", ["gateway/redis/keys.ts", "node:buffer"]],
    ["gateway/controller.ts", ["gateway/redis/keys.ts", "gateway/rclone/x.ts", "hono"]],
    ["scripts/rclonegwctl.ts", ["commander", "gateway/render/a.ts"]],
  ]);
  assert.deepEqual(violations(madeUp, packages), []);
});

Deno.test("an_impure_global_is_reported", async (test) => {
  const cases: [name: string, source: string, reported: string[]][] = [
    ["deno", `export const a = Deno.cwd();`, ["Deno"]],
    ["fetch", `export const a = () => fetch("http://x");`, ["fetch"]],
    ["fetch_passed_on", `export const a = { b: fetch };`, ["fetch"]],
    ["fetch_shorthand", `export const a = { fetch };`, ["fetch"]],
    ["fetch_as_default", `export function a(get = fetch) { return get; }`, ["fetch"]],
    ["date_now", `export const a = Date.now();`, ["Date"]],
    ["new_date", `export const a = new Date();`, ["Date"]],
    ["performance", `export const a = performance.now();`, ["performance"]],
    ["random", `export const a = Math.random();`, ["Math"]],
    ["random_taken_out", `const { random } = Math; export const a = random();`, ["Math"]],
    ["random_computed", `export const a = Math["random"]();`, ["Math"]],
    ["timeout", `setTimeout(() => {}, 1);`, ["setTimeout"]],
    ["interval", `setInterval(() => {}, 1);`, ["setInterval"]],
    ["console", `console.log("x");`, ["console"]],
    ["global_this", `export const a = globalThis["fetch"];`, ["globalThis"]],
    ["process", `export const a = process.env;`, ["process"]],
    ["crypto", `export const a = crypto.randomUUID();`, ["crypto"]],
    ["eval", `export const a = eval("1");`, ["eval"]],
    ["function_constructor", `export const a = Function("return 1");`, ["Function"]],
    ["constructor_chain", `export const a = "".at.constructor("return 1");`, ["constructor"]],
    ["constructor_computed", `export const a = "".at["constructor"]("return 1");`, ["constructor"]],
    ["import_call", `export const a = import("node:fs");`, ["import()"]],
    ["import_meta", `export const a = import.meta.url;`, ["import.meta"]],
    ["in_a_template", "export const a = `${Date.now()}`;", ["Date"]],
    ["hidden", `function a(fetch: string) { return fetch; } export const b = () => fetch("x"); a("");`, [
      "fetch",
    ]],
  ];
  for (const [name, source, reported] of cases) {
    await test.step(name, () => assert.deepEqual(impureGlobals(source), reported));
  }
});

Deno.test("what_looks_like_an_impure_global_is_not_reported", () => {
  assert.deepEqual(
    impureGlobals(`
      // Date.now() in a comment
      import { type Clock, read as fetched } from "./clock.ts";
      export type Times = { readonly Date: string; fetch(): void };
      export const times = { Date: "Date.now()", console: fetched, re: /Math.random()/ };
      export function of(clock: Clock, [first, ...rest]: string[]): string {
        return [times.Date, clock.performance, first, ...rest].join("");
      }
    `),
    [],
  );
});
