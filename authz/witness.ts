import type { Identity } from "../gateway/domain/identity.ts";
import { type Known, NOTHING_KNOWN } from "../gateway/domain/known.ts";
import { lockFolder, type LockPlace, parseLockRecord } from "../gateway/domain/lock.ts";
import type { Refusal, Target } from "../gateway/domain/target.ts";
import type { Facts } from "./facts.ts";
import { Prunes } from "./prunes.ts";
import { FactsUnavailable } from "./vouching.ts";

/** What the gateway itself has seen of the repositories, beside what Redis holds. */
export type Witness = {
  /** What is known that matters to this request. Throws {@link FactsUnavailable}. */
  knows(target: Target | Refusal): Promise<Known>;
  /** Told of a request that was allowed. Whether others are judged differently from now on. */
  saw(identity: Identity, target: Target | Refusal): boolean;
};

/** Has seen nothing, and sees nothing. */
export const BLIND: Witness = { knows: () => Promise.resolve(NOTHING_KNOWN), saw: () => false };

/** Owners of locks from the records below the folder (gateway/locks/records.ts), prunes from the requests themselves. */
export function witness(folder: string, prunes: Prunes = new Prunes()): Witness {
  return {
    async knows(target) {
      if ("refused" in target || target.protocol !== "rest" || target.place.kind !== "repository") {
        return NOTHING_KNOWN;
      }
      const { destination, repository, item } = target.place;
      const lock = target.method === "DELETE" && item.kind === "object" && item.type === "locks";
      return {
        lockOwner: lock ? await lockOwner(folder, { destination, repository, name: item.name }) : undefined,
        pruneRunning: prunes.running(target.place),
      };
    },
    saw: (identity, target) => prunes.saw(identity, target),
  };
}

/** The same, with what Redis says now: an owner that is no more, as the module that one was restored from, is none. */
export async function knownNow(known: Known, facts: Pick<Facts, "account">): Promise<Known> {
  const { lockOwner } = known;
  const gone = lockOwner !== undefined && await facts.account(lockOwner) === undefined;
  return gone ? { ...known, lockOwner: undefined } : known;
}

async function lockOwner(folder: string, place: LockPlace): Promise<string | undefined> {
  try {
    const record = parseLockRecord(await Deno.readTextFile(`${folder}/${lockFolder(place)}/${place.name}`));
    if (record === undefined) throw new Error("it is not a record");
    return record.owner;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new FactsUnavailable(`the record of a lock cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
