import assert from "node:assert/strict";
import { type Asked, objectName, startBothWays, type Way } from "./harness/both_ways.ts";

/** Each kind of request is made so often, always about an object that was not uploaded before. */
const TIMES = 5;

/** One kind of request, and what the gateway asks of the storage for it, beside what rclone asks. */
type Kind = Omit<Asked, "path"> & {
  /** its path in the repository: of an object that is stored, or of one that is not */
  readonly path: (stored: string, fresh: string) => string;
  /** how often the gateway looks the object up before it passes an upload on */
  readonly lookups: number;
};

const data = (stored: string): string => `data/${stored}`;
const upload = (type: string, lookups: number): Kind => ({
  method: "POST",
  path: (_, fresh) => `${type}/${fresh}`,
  status: 200,
  lookups,
});
const KINDS: Readonly<Record<string, Kind>> = {
  "a data object": { method: "GET", path: data, status: 200, lookups: 0 },
  "a part of one": {
    method: "GET",
    path: data,
    headers: { range: "bytes=3-5" },
    status: 206,
    lookups: 0,
  },
  "whether one is there that is": { method: "HEAD", path: data, status: 200, lookups: 0 },
  "whether one is there that is not": {
    method: "HEAD",
    path: (_, fresh) => data(fresh),
    status: 404,
    lookups: 0,
  },
  "one that is not there": { method: "GET", path: (_, fresh) => data(fresh), status: 404, lookups: 0 },
  "a list of the data objects": { method: "GET", path: () => "data/", status: 200, lookups: 0 },
  "a list of the locks": { method: "GET", path: () => "locks/", status: 200, lookups: 0 },
  "the config": { method: "GET", path: () => "config", status: 200, lookups: 0 },
  "an upload of a data object": upload("data", 0),
  "an upload of an index": upload("index", 1),
  "an upload of a snapshot": upload("snapshots", 1),
  "an upload of a key": upload("keys", 1),
  "an upload of a lock": upload("locks", 1),
  "the removal of a lock": {
    method: "DELETE",
    path: (_, fresh) => `locks/${fresh}`,
    status: 200,
    lookups: 0,
  },
  "an upload of the config": { method: "POST", path: () => "config", status: 200, lookups: 1 },
};

Deno.test("the_storage_is_asked_what_rclone_asks_it_and_one_lookup_before_some_uploads", async (t) => {
  await using ways = await startBothWays();
  let fresh = 0;
  const asked = async (way: Way, { path, ...kind }: Kind): Promise<string[]> => {
    const paths = Array.from(
      { length: TIMES },
      () => path(ways.objects[0] ?? "", objectName(`fresh ${++fresh}`)),
    );
    if (kind.method === "DELETE") {
      for (const path of paths) await ways.ask(way, { method: "POST", path, status: 200 });
    }
    return await ways.storageAsked(async () => {
      for (const path of paths) {
        if (kind.method === "POST" && path === "config") {
          await Deno.remove(`${ways.storage.folder}/files/${ways.repository(way)}/config`);
        }
        await ways.ask(way, { ...kind, path });
      }
    });
  };
  for (const [what, kind] of Object.entries(KINDS)) {
    const added = kind.lookups === 0 ? "nothing" : `${kind.lookups} lookup`;
    await t.step(`${what}: the gateway adds ${added}`, async () => {
      // The first of a type creates its folder.
      for (const way of ["direct", "gateway"] as const) await asked(way, kind);
      const alone = await asked("direct", kind);
      assert(alone.length >= TIMES, "what the storage is asked is not seen");
      const path = kind.path("<name>", "<name>").replace(/^data\//, "data/ab/");
      const lookup = `PROPFIND /${ways.storage.path}/dokuwiki/<module uuid>/${path} 404`;
      const lookups = Array.from({ length: kind.lookups * TIMES }, () => lookup);
      assert.deepEqual(await asked("gateway", kind), [...alone, ...lookups].sort());
    });
  }
});
