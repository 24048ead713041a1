import assert from "node:assert/strict";
import { SERVERS } from "../../../gateway/domain/decision.ts";
import { keeperApp } from "../../../gateway/keeper.ts";
import type { Claimed } from "../../../gateway/locks/locks.ts";
import type { Readiness } from "../../../gateway/rclone/instances.ts";
import type { Looked } from "../../../gateway/rclone/rest_server.ts";
import type { Stored } from "../../../gateway/rclone/uploads.ts";
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
  haproxy: {
    "backends.cfg": "",
    "routes.map": "",
    "elsewhere.map": "",
    "failover.map": "",
    "networks.lst": "",
    "own.lst": "",
  },
  instances: [SERVED],
  notServed: new Map([[uuid("c"), "its configuration\nis \x1b[31mbroken"]]),
  elsewhere: new Map([[uuid("b"), "10.5.4.2"]]),
  peers: new Set(["10.5.4.2"]),
};

/** The keeper over one instance, with what it was asked. */
function given(
  { readiness = { kind: "ready" }, stored = "absent", found = "absent", claimed = "claimed" }: {
    readiness?: Readiness;
    stored?: Stored;
    found?: Looked["kind"];
    claimed?: Claimed;
  } = {},
): { app: ReturnType<typeof keeperApp>; asked: string[] } {
  const asked: string[] = [];
  const app = keeperApp({
    bundle: () => BUNDLE,
    instances: {
      ready(name, server) {
        asked.push(`${name} ${server}`);
        return Promise.resolve(readiness);
      },
      instance: (name) => name === SERVED.name ? SERVED : undefined,
    },
    uploads: {
      compare(instance, path, length) {
        asked.push(`${instance} ${path} ${length}`);
        return Promise.resolve(stored);
      },
    },
    troubles: { failed: (instance) => void asked.push(`failed ${instance}`) },
    look(instance, path) {
      asked.push(`look ${instance} ${path}`);
      return Promise.resolve(found);
    },
    locks: {
      claim(path, { owner, right }) {
        asked.push(`claim ${path} ${owner} ${right}`);
        return Promise.resolve(claimed);
      },
      removed(path) {
        asked.push(`removed ${path}`);
      },
    },
  });
  return { app, asked };
}

Deno.test("ready_is_204_once_the_server_accepts", async () => {
  for (const server of SERVERS) {
    const { app, asked } = given();
    const response = await app.request(`/ready/${SERVED.name}/${server}`, { method: "POST" });
    assert.equal(response.status, 204);
    assert.deepEqual(asked, [`${SERVED.name} ${server}`]);
  }
});

Deno.test("what_is_missing_is_told_from_a_storage_that_fails", async (t) => {
  const ask = async (path: string, found: Looked["kind"], instance = SERVED.name) => {
    const { app, asked } = given({ found });
    const { status } = await app.request(`/missing/${instance}/-${path}`);
    return [status, ...asked];
  };
  const file = `/${uuid("a")}/mail/m.json`;
  for (const [found, status] of [["absent", 204], ["there", 200], ["unknown", 503]] as const) {
    await t.step(found, async () => {
      const told = found === "unknown" ? [`failed ${SERVED.name}`] : [];
      assert.deepEqual(await ask(file, found), [status, `look ${SERVED.name} ${file}`, ...told]);
    });
  }
  await t.step(
    "a folder is looked up without its slash, the destination itself by another name",
    async () => {
      assert.deepEqual(await ask(`${file}/`, "absent"), [204, `look ${SERVED.name} ${file}`]);
      for (const root of [`/${uuid("a")}`, `/${uuid("a")}/`]) {
        assert.deepEqual(await ask(root, "there"), [200, `look ${SERVED.name} /${uuid("a")}/config`]);
      }
    },
  );
  await t.step("of an instance that is gone nothing can be told", async () => {
    assert.deepEqual(await ask(file, "absent", `${uuid("d")}.1`), [503]);
  });
});

Deno.test("ready_says_in_one_line_why_it_is_not", async () => {
  const { app } = given({
    readiness: { kind: "not-ready", because: "login\r\nfailed\x1b[31m \u009b" + "x".repeat(1000) },
  });
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
  assert.deepEqual(await ask(uuid("b")), [
    503,
    "it is on the disk of node 10.5.4.2, and what comes from another node is not passed on",
  ]);
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

const REPOSITORY = `${uuid("a")}/dokuwiki/${uuid("b")}`;
const LOCK = `locks/${"5".repeat(64)}`;

Deno.test("an_upload_is_told_what_is_stored_under_its_name", async (test) => {
  const cases: [question: "absent" | "stored" | "lock", stored: Stored, status: number][] = [
    ["absent", "absent", 204],
    ["absent", "same", 200],
    ["absent", "differs", 403],
    ["absent", "unknown", 503],
    // It was refused, and now nothing is there: what makes room for it lets the next attempt in.
    ["stored", "absent", 503],
    ["stored", "same", 200],
    ["stored", "differs", 403],
    ["stored", "unknown", 503],
    ["lock", "absent", 204],
    ["lock", "same", 200],
    ["lock", "differs", 403],
    ["lock", "unknown", 503],
  ];
  for (const [question, stored, status] of cases) {
    await test.step(`${question}_${stored}`, async () => {
      const { app, asked } = given({ stored });
      const response = await app.request(`/${question}/${SERVED.name}/155/${REPOSITORY}/${LOCK}`, {
        method: question === "lock" ? "POST" : "GET",
        headers: { "x-gateway-identity": "module/dokuwiki1", "x-gateway-reason": "own-repository" },
      });
      assert.equal(response.status, status);
      assert.equal(asked[0], `${SERVED.name} /${REPOSITORY}/${LOCK} 155`);
      const claims = question === "lock" && stored === "absent"
        ? [`claim ${REPOSITORY}/${"5".repeat(64)} module/dokuwiki1 own-repository`]
        : [];
      assert.deepEqual(asked.slice(1), claims);
    });
  }
});

Deno.test("a_lock_that_cannot_be_put_on_record_does_not_go_on", async (test) => {
  const ask = async (claimed: Claimed, path: string, headers: Record<string, string>): Promise<number> =>
    (await given({ claimed }).app.request(path, { method: "POST", headers })).status;
  const path = `/lock/${SERVED.name}/155/${REPOSITORY}/${LOCK}`;
  const headers = { "x-gateway-identity": "module/dokuwiki1", "x-gateway-reason": "restore-grant" };
  await test.step("too_many", async () => assert.equal(await ask("too-many", path, headers), 403));
  await test.step("anothers", async () => assert.equal(await ask("anothers", path, headers), 503));
  await test.step("busy", async () => assert.equal(await ask("busy", path, headers), 503));
  await test.step("no_owner", async () => assert.equal(await ask("claimed", path, {}), 404));
  await test.step("no_right", async () => {
    assert.equal(await ask("claimed", path, { ...headers, "x-gateway-reason": "because" }), 404);
  });
  await test.step("no_lock", async () => {
    assert.equal(await ask("claimed", path.replace("locks/", "data/"), headers), 404);
  });
});

Deno.test("the_record_of_a_lock_that_was_removed_goes", async () => {
  const { app, asked } = given();
  const response = await app.request(`/lock/${SERVED.name}/-/${REPOSITORY}/${LOCK}`, { method: "DELETE" });
  assert.equal(response.status, 204);
  assert.deepEqual(asked, [`removed ${REPOSITORY}/${"5".repeat(64)}`]);
  const no = await app.request(`/lock/${SERVED.name}/-/${REPOSITORY}/config`, { method: "DELETE" });
  assert.equal(no.status, 404);
});

Deno.test("nothing_is_told_of_an_instance_that_is_not_known", async () => {
  for (const question of ["absent", "stored"]) {
    const { app, asked } = given();
    const response = await app.request(`/${question}/${uuid("e")}.1/155/${REPOSITORY}/config`);
    assert.equal(response.status, 503);
    assert.deepEqual(asked, []);
    assert.equal((await app.request(`/${question}/${SERVED.name}/155`)).status, 404, "no path");
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

Deno.test("a_storage_that_failed_is_told_of_instances_that_are_known", async () => {
  const { app, asked } = given();
  for (const name of [SERVED.name, `${uuid("e")}.1`]) {
    assert.equal((await app.request(`/failed/${name}`, { method: "POST" })).status, 204);
  }
  assert.deepEqual(asked, [`failed ${SERVED.name}`]);
});
