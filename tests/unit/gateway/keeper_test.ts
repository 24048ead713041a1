import assert from "node:assert/strict";
import { SERVERS } from "../../../gateway/domain/decision.ts";
import { keeperApp } from "../../../gateway/keeper.ts";
import type { Instances, Readiness } from "../../../gateway/rclone/instances.ts";
import type { Bundle, Instance } from "../../../gateway/render/bundle.ts";
import { uuid } from "../given.ts";

const SERVED: Instance = {
  name: `${uuid("a")}.1`,
  destination: uuid("a"),
  fs: "x:",
  rcloneConf: "",
  localFolder: undefined,
};
const BUNDLE: Bundle = {
  haproxy: { "backends.cfg": "", "routes.map": "", "networks.lst": "" },
  instances: [SERVED],
  notServed: new Map([[uuid("c"), "its configuration\nis \x1b[31mbroken"], [uuid("b"), "of another node"]]),
};

/** The keeper over one instance, with what it was asked. */
function given(
  readiness: Readiness = { kind: "ready" },
): { app: ReturnType<typeof keeperApp>; asked: string[] } {
  const asked: string[] = [];
  const instances = {
    ready: (name: string, server: string) => {
      asked.push(`${name} ${server}`);
      return Promise.resolve(readiness);
    },
    socket: () => "/tmp/not-there.sock",
    instance: (name: string) => name === SERVED.name ? SERVED : undefined,
  } as unknown as Instances;
  return { app: keeperApp(() => BUNDLE, instances), asked };
}

Deno.test("ready_is_204_once_the_server_accepts", async () => {
  for (const server of SERVERS) {
    const { app, asked } = given();
    const response = await app.request(`/ready/${SERVED.name}/${server}`, { method: "POST" });
    assert.equal(response.status, 204);
    assert.deepEqual(asked, [`${SERVED.name} ${server}`]);
  }
});

Deno.test("ready_says_in_one_line_why_it_is_not", async () => {
  const { app } = given({ kind: "not-ready", because: "login\r\nfailed\x1b[31m \u009b" + "x".repeat(1000) });
  const response = await app.request(`/ready/${SERVED.name}/rest-append`, { method: "POST" });
  assert.equal(response.status, 503);
  const text = await response.text();
  assert.match(text, /^login failed \[31m/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(text, /[\x00-\x1f\x7f-\x9f]/);
  assert.ok(text.length <= 500);
});

Deno.test("a_destination_that_is_not_served_says_why_and_starts_nothing", async () => {
  const { app, asked } = given();
  const ask = async (id: string): Promise<[number, string]> => {
    const response = await app.request(`/ready/${id}.none/rest-append`, { method: "POST" });
    return [response.status, await response.text()];
  };
  assert.deepEqual(await ask(uuid("b")), [503, "of another node"]);
  assert.deepEqual(await ask(uuid("c")), [503, "its configuration is  [31mbroken"]);
  assert.deepEqual(asked, []);
});

Deno.test("there_is_no_other_server", async () => {
  for (const server of ["root", "control", "rest-append.sock", "..", "REST-APPEND"]) {
    const { app, asked } = given();
    const response = await app.request(`/ready/${SERVED.name}/${encodeURIComponent(server)}`, {
      method: "POST",
    });
    assert.equal(response.status, 404, server);
    assert.deepEqual(asked, []);
  }
});

Deno.test("stored_tells_nothing_that_it_does_not_know", async (test) => {
  const path = `/${uuid("a")}/dokuwiki/${uuid("b")}`;
  const cases: [name: string, target: string, status: number][] = [
    ["no_server", `/stored/${SERVED.name}/155${path}/config`, 503],
    ["no_server_before", `/absent/${SERVED.name}/155${path}/config`, 503],
    ["unknown_instance_before", `/absent/${uuid("e")}.1/155${path}/config`, 503],
    ["no_length", `/stored/${SERVED.name}/-${path}/locks/${"5".repeat(64)}`, 503],
    ["unknown_instance", `/stored/${uuid("e")}.1/155${path}/config`, 503],
    ["no_path", `/stored/${SERVED.name}/155`, 404],
  ];
  for (const [name, target, status] of cases) {
    await test.step(name, async () => {
      assert.equal((await given().app.request(target)).status, status);
    });
  }
});

async function hrefs(depth: string): Promise<string[]> {
  const response = await given().app.request("/", { method: "PROPFIND", headers: { depth } });
  assert.equal(response.status, 207);
  assert.match(response.headers.get("content-type") ?? "", /^application\/xml/);
  return [...(await response.text()).matchAll(/<D:href>([^<]*)<\/D:href>/g)].map(([, href = ""]) => href);
}

Deno.test("the_list_of_destinations_holds_every_known_one", async () => {
  assert.deepEqual(await hrefs("1"), ["/", `/${uuid("a")}/`, `/${uuid("b")}/`, `/${uuid("c")}/`]);
  assert.deepEqual(await hrefs("0"), ["/"]);
});

Deno.test("options_names_what_the_root_can_do", async () => {
  const response = await given().app.request("/", { method: "OPTIONS" });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("dav"), "1");
  assert.equal(response.headers.get("allow"), "OPTIONS, PROPFIND");
});

Deno.test("nothing_else_is_answered", async () => {
  const cases = [
    ["GET", "/"],
    ["PUT", "/"],
    ["GET", `/ready/${SERVED.name}/rest-append`],
    ["POST", "/stored/x/1/y"],
    ["PROPFIND", "/x"],
  ];
  for (const [method = "", path = ""] of cases) {
    assert.equal((await given().app.request(path, { method })).status, 404, `${method} ${path}`);
  }
});
