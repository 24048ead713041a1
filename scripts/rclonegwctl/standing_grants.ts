import type { Redis } from "../../gateway/redis/connection.ts";
import { KEYS } from "../../gateway/redis/keys.ts";
import { formatDuration } from "./duration.ts";
import { printTable } from "./output.ts";

/** A restore grant as Redis holds it now. `reader` and `source` are uuids, `…Modules` the ids of those that have them. */
export type StandingGrant = {
  readonly reader: string;
  readonly readerModules: readonly string[];
  readonly source: string;
  readonly sourceModules: readonly string[];
  /** null: until it is revoked */
  readonly secondsLeft: number | null;
};

/** The restore grants that stand, by reader. */
export async function standingGrants(redis: Redis): Promise<StandingGrant[]> {
  const [held, uuids] = await Promise.all([
    redis.hGetAll(KEYS.restoreUuid) as Promise<Record<string, string>>,
    redis.hGetAll(KEYS.moduleUuid) as Promise<Record<string, string>>,
  ]);
  const modules = (uuid: string): string[] => Object.keys(uuids).filter((id) => uuids[id] === uuid).sort();
  const readers = Object.keys(held).sort();
  const ttls = readers.length === 0 ? [] : await redis.hpTTL(KEYS.restoreUuid, readers) ?? [];
  return readers.map((reader, index) => {
    const left = ttls[index] ?? -1;
    const source = held[reader] ?? "";
    return {
      reader,
      readerModules: modules(reader),
      source,
      sourceModules: modules(source),
      secondsLeft: left < 0 ? null : Math.floor(left / 1000),
    };
  });
}

export function printGrants(grants: readonly StandingGrant[]): void {
  printTable(
    ["READER", "MAY READ", "ENDS IN"],
    grants.map(({ reader, readerModules, source, sourceModules, secondsLeft }) => [
      readerModules.join(", ") || reader,
      sourceModules.join(", ") || source,
      secondsLeft === null ? "when revoked" : formatDuration(secondsLeft * 1000),
    ]),
  );
}
