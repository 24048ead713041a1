import type { RedisClient } from "./client.ts";
import { KEYS } from "./keys.ts";
import type { Each } from "./resp.ts";

/** A uuid that several modules have: a clone or a restore in progress, or a mistake. */
export type SharedUuid = { readonly uuid: string; readonly modules: readonly string[] };

/** Looks for them in `cluster/module_uuid`, and tells of each new one. All of its modules hold the same repositories. */
export class SharedUuidWatch {
  /** what was found last */
  found: readonly SharedUuid[] = [];

  #looking = false;

  constructor(
    private readonly redis: Pick<RedisClient, "isReady" | "each">,
    private readonly log: (message: string) => void,
  ) {}

  async look(): Promise<void> {
    // It is a glance at every module: not once more for each of many changes. The next periodic one sees what this one does not.
    if (!this.redis.isReady || this.#looking) return;
    this.#looking = true;
    try {
      const found = await sharedUuids((each) => this.redis.each(["HGETALL", KEYS.moduleUuid], each));
      const known = new Set(this.found.map((one) => JSON.stringify(one)));
      for (const one of found.filter((one) => !known.has(JSON.stringify(one)))) {
        const modules = one.modules.map((id) => `module/${id}`).join(" and ");
        this.log(`${modules} have the same uuid ${one.uuid}: each may add to the same repositories`);
      }
      this.found = found;
    } catch (error) {
      this.log(`Cannot look for uuids that modules share: ${(error as Error).message}`);
    } finally {
      this.#looking = false;
    }
  }
}

/**
 * Every uuid that more than one module has. `read` hands out the hash, module ids and uuids in turn. It may hold 100,000, so
 * that at first only a number for each uuid is kept; those that come twice are read once more.
 */
export async function sharedUuids(read: (each: Each) => Promise<void>): Promise<SharedUuid[]> {
  let numbers = new Float64Array(1024);
  let count = 0;
  await eachUuid(read, (bytes, from, to) => {
    if (count === numbers.length) {
      const larger = new Float64Array(2 * count);
      larger.set(numbers);
      numbers = larger;
    }
    numbers[count++] = numberOf(bytes, from, to);
  });
  numbers = numbers.subarray(0, count).sort();
  const twice = new Set(numbers.filter((number, index) => number === numbers[index - 1]));
  if (twice.size === 0) return [];

  const modules = new Map<string, string[]>();
  await eachUuid(read, (bytes, from, to, id) => {
    if (!twice.has(numberOf(bytes, from, to))) return;
    const uuid = decoder.decode(bytes.subarray(from, to));
    modules.set(uuid, [...modules.get(uuid) ?? [], id()]);
  });
  return [...modules].filter(([, ids]) => ids.length > 1)
    .map(([uuid, ids]) => ({ uuid, modules: ids.sort() }))
    .sort((a, b) => a.uuid < b.uuid ? -1 : 1);
}

const decoder = new TextDecoder();

/** Hands out each uuid, and what gives its module's id. */
async function eachUuid(
  read: (each: Each) => Promise<void>,
  take: (bytes: Uint8Array, from: number, to: number, id: () => string) => void,
): Promise<void> {
  const id = new Uint8Array(1024);
  let idLength: number | undefined;
  await read((bytes, from, to) => {
    if (idLength === undefined) {
      // The bytes of an element are there only during the call.
      idLength = Math.min(to - from, id.length);
      id.set(bytes.subarray(from, from + idLength));
      return;
    }
    const length = idLength;
    idLength = undefined;
    take(bytes, from, to, () => decoder.decode(id.subarray(0, length)));
  });
}

/** 53 bits of FNV-1a over the bytes, in two parts: different uuids have the same number once in 10^16 pairs. */
function numberOf(bytes: Uint8Array, from: number, to: number): number {
  let low = 0x811c9dc5;
  let high = 0x050c5d1f;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x0100010d);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
