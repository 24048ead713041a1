import assert from "node:assert/strict";
import type { RestServer } from "../../../../gateway/rclone/rest_server.ts";
import { type Stored, Uploads } from "../../../../gateway/rclone/uploads.ts";
import { nameOf, REPOSITORY } from "./repository_folder.ts";

const INSTANCE = "d.1";
const WHOLE = "a whole pack of blobs";
const DATA = `/d/${REPOSITORY}/data/${nameOf(WHOLE)}`;
const CONFIG = `/d/${REPOSITORY}/config`;
const MINUTE = 60_000;
const START = Date.parse("2026-11-23T03:00:00Z");

/** A storage with these objects: path -> content and age in milliseconds; and a clock. */
function given(objects: Record<string, { content: string; age?: number; clockless?: true }>) {
  const stored = new Map(
    Object.entries(objects).map(([path, { content, age = 0, clockless }]) =>
      [path, { content, modified: clockless ? undefined : START - age }] as const
    ),
  );
  const asked: string[] = [];
  let time = START;
  const fails = { look: false, digest: false, remove: false };
  const server = (which: string): RestServer => ({
    look(path) {
      asked.push(`look`);
      const object = stored.get(path);
      if (fails.look) return Promise.resolve({ kind: "unknown" });
      return Promise.resolve(
        object === undefined
          ? { kind: "absent" }
          : { kind: "there", size: object.content.length, modified: object.modified },
      );
    },
    digest(path) {
      asked.push("digest");
      return Promise.resolve(fails.digest ? undefined : nameOf(stored.get(path)?.content ?? ""));
    },
    remove(path) {
      asked.push(`remove ${which}`);
      return Promise.resolve(!fails.remove && stored.delete(path));
    },
  });
  const said: string[] = [];
  const uploads = new Uploads({
    server: (_, which) => Promise.resolve(server(which)),
    log: (message) => said.push(message),
    now: () => time,
  });
  return {
    stored,
    asked,
    said,
    fails,
    after(milliseconds: number) {
      time += milliseconds;
    },
    compare: (path = DATA, length = String(WHOLE.length)): Promise<Stored> =>
      uploads.compare(INSTANCE, path, length),
  };
}

Deno.test("an_upload_is_compared_by_name_and_size", async (test) => {
  const cases: [name: string, content: string | undefined, path: string, length: string, Stored][] = [
    ["absent", undefined, DATA, "21", "absent"],
    ["same", WHOLE, DATA, "21", "same"],
    ["another_size", WHOLE, DATA, "20", "differs"],
    ["no_length", WHOLE, DATA, "-", "unknown"],
    ["two_lengths", WHOLE, DATA, "21, 21", "unknown"],
    // Not named after its content: never "the same", so that nobody is told that his config was taken.
    ["config", WHOLE, CONFIG, "21", "differs"],
    ["name_of_a_nodes_own", WHOLE, `/d/${REPOSITORY}/notes.txt`, "21", "differs"],
    ["no_config", undefined, CONFIG, "21", "absent"],
  ];
  for (const [name, content, path, length, expected] of cases) {
    await test.step(name, async () => {
      const storage = given(content === undefined ? {} : { [path]: { content } });
      assert.equal(await storage.compare(path, length), expected);
      assert.equal(storage.stored.size, content === undefined ? 0 : 1);
    });
  }
});

Deno.test("what_is_torn_is_removed_and_makes_room", async () => {
  const storage = given({ [DATA]: { content: WHOLE.slice(0, 9), age: 120 * MINUTE } });
  assert.equal(await storage.compare(), "absent");
  assert.deepEqual(storage.asked, ["look", "digest", "look", "remove rest-full", "look"]);
  assert.match(storage.said.join(), /removed d\/.*not what its name says/);
});

Deno.test("what_may_still_be_written_is_left_alone_until_it_has_not_changed_for_long", async () => {
  const storage = given({ [DATA]: { content: WHOLE.slice(0, 9), age: 2 * MINUTE } });
  assert.equal(await storage.compare(), "unknown");
  storage.after(3 * MINUTE);
  assert.equal(await storage.compare(), "unknown");
  assert.equal(storage.asked.filter((question) => question === "digest").length, 1, "read once");
  // It grows: whoever writes it is alive.
  storage.stored.set(DATA, { content: WHOLE.slice(0, 10), modified: START + 3 * MINUTE });
  storage.after(4 * MINUTE);
  assert.equal(await storage.compare(), "unknown");
  storage.after(6 * MINUTE);
  assert.equal(await storage.compare(), "unknown");
  storage.after(1 * MINUTE);
  assert.equal(await storage.compare(), "absent");
});

Deno.test("a_storage_without_times_is_judged_by_the_own_clock", async () => {
  const storage = given({ [DATA]: { content: WHOLE.slice(0, 9), clockless: true } });
  assert.equal(await storage.compare(), "unknown");
  storage.after(7 * MINUTE);
  assert.equal(await storage.compare(), "absent");
});

Deno.test("what_is_whole_is_never_removed", async () => {
  const storage = given({ [DATA]: { content: WHOLE, age: 120 * MINUTE } });
  assert.equal(await storage.compare(DATA, "3"), "differs");
  assert.ok(storage.stored.has(DATA));
});

Deno.test("what_cannot_be_read_or_removed_stays_and_cannot_be_told", async () => {
  for (const failing of ["look", "digest", "remove"] as const) {
    const storage = given({ [DATA]: { content: WHOLE.slice(0, 9), age: 120 * MINUTE } });
    storage.fails[failing] = true;
    assert.equal(await storage.compare(), "unknown", failing);
    assert.ok(storage.stored.has(DATA), failing);
  }
});

Deno.test("objects_of_one_destination_are_read_one_at_a_time", async () => {
  const storage = given({ [DATA]: { content: WHOLE.slice(0, 9), age: 120 * MINUTE } });
  const answers = await Promise.all([storage.compare(), storage.compare(), storage.compare()]);
  assert.equal(storage.asked.filter((question) => question.startsWith("remove")).length, 1);
  assert.ok(answers.includes("absent"));
});
