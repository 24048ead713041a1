/**
 * Golden files are rewritten with
 * `GOLDEN=write deno test --frozen -P=unit --allow-write=tests/golden tests/unit/gateway/render/bundle_test.ts`:
 * read the difference before it is committed.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { SERVERS } from "../../../../gateway/domain/decision.ts";
import type { DesiredState, Destination } from "../../../../gateway/domain/destination.ts";
import { INSTANCES } from "../../../../gateway/paths.ts";
import { type Bundle, renderBundle } from "../../../../gateway/render/bundle.ts";
import { uuid } from "../../given.ts";

const GOLDEN = fileURLToPath(new URL("../../../golden", import.meta.url));
const WRITE = Deno.env.get("GOLDEN") === "write";

/** Instead of the running gateway's, which is keyed: the same word for the same configuration in every run. */
const generation = (configuration: string): string =>
  createHash("sha256").update(configuration).digest("hex").slice(0, 10);

/** File name -> content, of everything that is rendered. */
function filesOf(bundle: Bundle): Record<string, string> {
  const notServed = [...bundle.notServed].map(([id, because]) => `${id}: ${because}\n`).join("");
  return {
    ...bundle.haproxy,
    ...Object.fromEntries(bundle.instances.map(({ name, rcloneConf }) => [`${name}.conf`, rcloneConf])),
    "not-served.txt": notServed,
  };
}

Deno.test("a_state_renders_to_its_golden_files", async (test) => {
  const names = [...Deno.readDirSync(GOLDEN)].map(({ name }) => name).sort();
  assert.ok(names.length >= 3);
  for (const name of names) {
    await test.step(name, () => {
      const folder = `${GOLDEN}/${name}`;
      const state: DesiredState = JSON.parse(Deno.readTextFileSync(`${folder}/state.json`));
      const rendered = filesOf(renderBundle(state, generation));
      if (WRITE) {
        for (const entry of [...Deno.readDirSync(folder)]) {
          if (entry.name !== "state.json") Deno.removeSync(`${folder}/${entry.name}`);
        }
        for (const [file, text] of Object.entries(rendered)) {
          Deno.writeTextFileSync(`${folder}/${file}`, text);
        }
      }
      const files = [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((file) =>
        file !== "state.json"
      );
      assert.deepEqual(files.sort(), Object.keys(rendered).sort());
      for (const [file, text] of Object.entries(rendered)) {
        assert.equal(text, Deno.readTextFileSync(`${folder}/${file}`), file);
      }
    });
  }
});

function s3(digit: string, secret: string): Destination {
  const parameters = [["type", "s3"], ["secret_access_key", secret]] as const;
  return {
    id: uuid(digit),
    name: digit,
    provider: "aws",
    serving: { kind: "remote", remote: { parameters, path: "b" } },
  };
}

const render = (...destinations: Destination[]): Bundle =>
  renderBundle({
    complete: true,
    destinations,
    networks: [],
    ownAddress: undefined,
    peers: [],
    unreachable: [],
    problems: [],
  }, generation);

Deno.test("every_server_of_every_instance_has_a_backend_and_every_destination_a_route", () => {
  const bundle = render(s3("a", "1"), s3("b", "2"), {
    id: uuid("c"),
    name: "c",
    provider: "x",
    serving: { kind: "not-served", because: "of x" },
  });
  const backends = [...bundle.haproxy["backends.cfg"].matchAll(/^backend (\S+) from rclone$/gm)].map((
    [, name],
  ) => name);
  assert.deepEqual(
    backends,
    bundle.instances.flatMap(({ name }) => SERVERS.map((server) => `${name}.${server}`)),
  );
  const sockets = [...bundle.haproxy["backends.cfg"].matchAll(/ unix@(\S+)$/gm)].map(([, path]) => path);
  assert.deepEqual(
    sockets,
    bundle.instances.flatMap(({ name }) => SERVERS.map((server) => `${INSTANCES}/${name}/${server}.sock`)),
  );
  assert.deepEqual(bundle.haproxy["routes.map"].trim().split("\n"), [
    "complete yes",
    ...bundle.instances.map(({ destination, name }) => `${destination} ${name}`),
    `${uuid("c")} ${uuid("c")}.none`,
  ]);
});

Deno.test("only_what_was_read_whole_makes_a_destination_that_is_not_in_it_unknown", () => {
  const state: DesiredState = {
    complete: false,
    destinations: [s3("a", "1")],
    networks: [],
    ownAddress: undefined,
    peers: [],
    unreachable: [],
    problems: [],
  };
  const first = (complete: boolean): string | undefined =>
    renderBundle({ ...state, complete }, generation).haproxy["routes.map"].split("\n")[0];
  assert.equal(first(true), "complete yes");
  assert.match(first(false) ?? "", new RegExp(`^${uuid("a")} `));
});

Deno.test("nothing_secret_is_in_what_haproxy_gets", () => {
  const bundle = render(s3("a", "s3cr3t"));
  assert.doesNotMatch(Object.values(bundle.haproxy).join(""), /s3cr3t/);
  assert.doesNotMatch(bundle.instances.map(({ name, fs }) => name + fs).join(""), /s3cr3t/);
  assert.match(bundle.instances[0]?.rcloneConf ?? "", /s3cr3t/);
});

Deno.test("a_changed_destination_has_a_new_instance_and_the_others_keep_theirs", () => {
  const names = (bundle: Bundle): string[] => bundle.instances.map(({ name }) => name);
  const before = names(render(s3("a", "1"), s3("b", "1")));
  const after = names(render(s3("a", "1"), s3("b", "2")));
  assert.equal(after[0], before[0]);
  assert.notEqual(after[1], before[1]);
  const moved = s3("a", "1");
  assert.ok(moved.serving.kind === "remote");
  const elsewhere = {
    ...moved,
    serving: { ...moved.serving, remote: { ...moved.serving.remote, path: "c" } },
  };
  assert.notEqual(names(render(elsewhere))[0], before[0]);
});

Deno.test("broken_destination_isolated", () => {
  const bundle = render(s3("a", "1"), s3("b", "two\nlines"), s3("c", "3"));
  assert.deepEqual(bundle.instances.map(({ destination }) => destination), [uuid("a"), uuid("c")]);
  assert.deepEqual([...bundle.notServed.keys()], [uuid("b")]);
  assert.doesNotMatch(bundle.notServed.get(uuid("b")) ?? "two", /two|lines/);
});

Deno.test("an_empty_state_is_complete_and_an_instance_has_only_its_own_section", () => {
  assert.equal(render().haproxy["routes.map"], "complete yes\n");
  for (const { destination, rcloneConf } of render(s3("a", "1"), s3("b", "2")).instances) {
    assert.deepEqual(rcloneConf.match(/^\[.*\]$/gm), [`[${destination}]`]);
  }
});
