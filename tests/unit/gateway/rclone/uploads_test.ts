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

/** A storage with these objects, path -> content; and a clock. */
function given(objects: Record<string, { content: string }>) {
  const stored = new Map(
    Object.entries(objects).map(([path, { content }]) => [path, { content, modified: START }] as const),
  );
  const asked: string[] = [];
  let time = START;
  const fails = { look: false, digest: false, remove: false, lie: "" };
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
      return Promise.resolve(
        fails.digest ? undefined : nameOf((stored.get(path)?.content ?? "") + fails.lie),
      );
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
    ["less_is_sent", WHOLE, DATA, "20", "differs"],
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
      assert.deepEqual(storage.asked, ["look"], "nothing is read");
    });
  }
});

const PART = WHOLE.slice(0, 9);

Deno.test("what_is_torn_and_stays_so_is_removed_and_makes_room", async () => {
  const storage = given({ [DATA]: { content: PART } });
  assert.equal(await storage.compare(), "unknown");
  storage.after(5 * MINUTE);
  assert.equal(await storage.compare(), "unknown");
  assert.equal(storage.asked.filter((question) => question === "digest").length, 1, "read once");
  storage.after(2 * MINUTE);
  assert.equal(await storage.compare(), "absent");
  assert.deepEqual(storage.asked.slice(-5), ["look", "digest", "look", "remove rest-full", "look"]);
  assert.match(storage.said.join(), /removed d\/.*cut off/);
});

Deno.test("what_is_still_being_written_is_left_alone", async () => {
  const storage = given({ [DATA]: { content: PART } });
  for (let length = 10; length < 20; length++) {
    assert.equal(await storage.compare(), "unknown");
    storage.after(7 * MINUTE);
    storage.stored.set(DATA, { content: WHOLE.slice(0, length), modified: START + length });
  }
  assert.ok(storage.stored.has(DATA));
});

Deno.test("one_wrong_answer_of_a_storage_destroys_nothing", async () => {
  const storage = given({ [DATA]: { content: WHOLE } });
  const sent = String(WHOLE.length + 1);
  storage.fails.lie = "1";
  assert.equal(await storage.compare(DATA, sent), "unknown");
  storage.after(7 * MINUTE);
  storage.fails.lie = "2";
  assert.equal(await storage.compare(DATA, sent), "unknown", "wrong in another way");
  storage.after(7 * MINUTE);
  storage.fails.lie = "";
  assert.equal(await storage.compare(DATA, sent), "differs");
  assert.ok(storage.stored.has(DATA));
});

Deno.test("what_is_whole_is_read_once_however_often_it_is_asked_for", async () => {
  const storage = given({ [DATA]: { content: WHOLE } });
  for (let time = 0; time < 5; time++) {
    assert.equal(await storage.compare(DATA, "1000"), "differs");
    storage.after(7 * MINUTE);
  }
  assert.equal(storage.asked.filter((question) => question === "digest").length, 1);
});

Deno.test("what_cannot_be_read_or_removed_stays_and_cannot_be_told", async () => {
  for (const failing of ["look", "digest", "remove"] as const) {
    const storage = given({ [DATA]: { content: PART } });
    await storage.compare();
    storage.after(7 * MINUTE);
    storage.fails[failing] = true;
    assert.equal(await storage.compare(), "unknown", failing);
    assert.ok(storage.stored.has(DATA), failing);
  }
});

Deno.test("in_one_repository_one_object_is_read_at_a_time_and_nobody_waits", async () => {
  const storage = given({ [DATA]: { content: PART } });
  await Promise.all([storage.compare(), storage.compare(), storage.compare()]);
  assert.equal(storage.asked.filter((question) => question === "digest").length, 1);
});
