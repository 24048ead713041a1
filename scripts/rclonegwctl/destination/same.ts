import type { Redis } from "../../../gateway/redis/connection.ts";
import { identityOf, readAllStored, type StoredDestination } from "./stored.ts";
import { readTombstones, type Tombstone } from "./tombstone.ts";
import type { Wanted } from "./wanted.ts";

/** What is known of a storage already. */
export type Same = {
  /** the uuid of the storage, if it were new */
  readonly identity: string;
  /** the destination that is this storage */
  readonly stored: StoredDestination | undefined;
  /** what is left of one that was this storage */
  readonly tombstone: Tombstone | undefined;
  /** destinations of the same place that differ in something else, such as the user, present and removed */
  readonly alike: readonly { readonly id: string; readonly removed: boolean }[];
};

/** Looks for a storage among those that are and were there, but for `own`, whatever their uuids are made of. */
export async function sameStorage(redis: Redis, wanted: Wanted, own?: string): Promise<Same> {
  const identity = identityOf(wanted, wanted.parameters);
  const destinations = (await readAllStored(redis)).filter(({ id }) => id !== own);
  const tombstones = await readTombstones(redis);
  const stored = destinations.find((each) => identityOf(each, each.parameters) === identity) ??
    destinations.find((each) =>
      wanted.provider === "cluster" ? isAlike(each, wanted) : own === undefined && each.id === identity
    );
  const tombstone = tombstones.find((each) => each.id === identity || each.identity === identity);
  const alike = [
    ...destinations.filter((each) => isAlike(each, wanted)).map(({ id }) => ({ id, removed: false })),
    ...tombstones.filter((each) => isAlike(each, wanted)).map(({ id }) => ({ id, removed: true })),
  ].filter(({ id }) => id !== stored?.id && id !== tombstone?.id);
  return { identity, stored, tombstone, alike };
}

function isAlike(a: Pick<Wanted, "provider" | "url" | "basepath">, b: Wanted): boolean {
  return a.provider === b.provider && a.url === b.url && a.basepath === b.basepath;
}
