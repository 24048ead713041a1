import type { Redis } from "../../../gateway/redis/connection.ts";
import { NODE1 } from "./cluster.ts";
import { removeDestination, storeDestination } from "./destinations.ts";
import { GATEWAY } from "./gateway.ts";
import { request } from "./request.ts";
import type { Seeded } from "./seeded.ts";

const BASE_PATHS = ["a", "b", "c"] as const;
type Version = {
  readonly name: string;
  readonly base: (typeof BASE_PATHS)[number];
  readonly links: boolean;
};

/** Places on a disk that become destinations, are altered and removed again: what Redis holds of them, and what is seen. */
export type Pool = {
  readonly ids: readonly string[];
  /** those that Redis holds now, with their names */
  existing(): ReadonlyMap<string, string>;
  /** Adds, alters or removes one at random. Nobody is told. Returns what was changed. */
  change(random: Seeded): Promise<{ readonly id: string; readonly what: string }>;
  /** What the gateway does otherwise than Redis says; empty where they agree. Uses every destination. */
  disagreements(): Promise<string[]>;
};

/**
 * `count` destinations below `folder`, which the gateway has at `mounted`. Each may lie at one of three base paths, and a file
 * `where` says which; a link to it is seen as such only where the parameter `links` is set.
 */
export function makePool(redis: Redis, folder: string, mounted: string, count: number): Pool {
  const ids = Array.from(
    { length: count },
    (_, index) => `5a1c2d3e-0000-4000-8000-0000000001${String(index).padStart(2, "0")}`,
  );
  for (const id of ids) {
    for (const base of BASE_PATHS) {
      Deno.mkdirSync(`${folder}/${id}/${base}`, { recursive: true });
      Deno.writeTextFileSync(`${folder}/${id}/${base}/where`, `${id} ${base}`);
      Deno.symlinkSync("where", `${folder}/${id}/${base}/link`);
    }
  }
  const now = new Map<string, Version>();
  let changes = 0;
  const store = async (id: string, version: Version): Promise<void> => {
    now.set(id, version);
    await storeDestination(redis, {
      id,
      name: version.name,
      section: `[${id}]\ntype = local\nlinks = ${version.links}\n`,
      basepath: `${mounted}/${id}/${version.base}`,
    });
  };
  const get = (id: string, file: string) =>
    request("GET", `${GATEWAY}/${id}/${file}`, { as: NODE1, rest: false });

  async function disagreement(id: string): Promise<string | undefined> {
    const version = now.get(id);
    const where = await get(id, "where");
    const seen = `${where.status} ${where.text.trim()}`;
    if (version === undefined) {
      return where.status === 403 && /is not known/.test(where.text) ? undefined : `${id} removed: ${seen}`;
    }
    if (seen !== `200 ${id} ${version.base}`) return `${id} at ${version.base}: ${seen}`;
    const link = (await get(id, "link.rclonelink")).status;
    if (link !== (version.links ? 200 : 404)) return `${id} with links=${version.links}: ${link}`;
    const missing = (await get(id, "missing")).status;
    return missing === 404 ? undefined : `${id} answers ${missing} where nothing is`;
  }

  return {
    ids,
    existing: () => new Map([...now].map(([id, { name }]) => [id, name])),
    async change(random) {
      const id = random.pick(ids);
      const version = now.get(id);
      const name = `changed ${++changes} times`;
      if (version === undefined) {
        await store(id, { name, base: random.pick(BASE_PATHS), links: random.chance(0.5) });
        return { id, what: "added" };
      }
      if (random.chance(0.3)) {
        now.delete(id);
        await removeDestination(redis, id);
        return { id, what: "removed" };
      }
      const what = random.pick(["name", "base path", "parameter"] as const);
      const others = BASE_PATHS.filter((base) => base !== version.base);
      if (what === "name") await store(id, { ...version, name });
      else if (what === "base path") await store(id, { ...version, base: random.pick(others) });
      else await store(id, { ...version, links: !version.links });
      return { id, what };
    },
    async disagreements() {
      const found = await Promise.all(ids.map(disagreement));
      return found.filter((each) => each !== undefined);
    },
  };
}
