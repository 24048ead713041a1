import { WatchError } from "@redis/client";
import type { Uuid } from "../../gateway/domain/uuid.ts";
import type { Redis } from "../../gateway/redis/connection.ts";
import { KEYS } from "../../gateway/redis/keys.ts";

/** Runs something with a connection of its own to the leader's Redis: during a long restore another node may come to lead. */
export type Leader = <T>(run: (redis: Redis) => Promise<T>) => Promise<T>;

/** A restore grant for as long as a restore takes. It ends by itself soon after who holds it has died. */
export type HeldGrant = {
  /** the reader had one for this source before, which is used, and stands afterwards as it would have without this */
  readonly before: { readonly secondsLeft: number | undefined } | undefined;
  /** makes it last for another time to live; false where somebody has taken it away meanwhile: it is not made again */
  renew(): Promise<boolean>;
  /** takes back what was given, and nothing else */
  release(): Promise<void>;
};

/** Nobody may read two repositories by a grant: the field in Redis holds one source. */
export type OtherGrant = { readonly other: string; readonly secondsLeft: number | undefined };

/**
 * Lets `reader` read what `source` has stored, for `ttlMs`. Throws what the leader's Redis says where it cannot be asked.
 */
export async function holdGrant(
  leader: Leader,
  reader: Uuid,
  source: Uuid,
  ttlMs: number,
): Promise<HeldGrant | OtherGrant> {
  const made = await unlessChanged(leader, async (redis) => {
    // Watched, so that what somebody grants at this moment is not written over.
    await redis.watch(KEYS.restoreUuid);
    const standing = await redis.hGet(KEYS.restoreUuid, reader);
    const [left = -1] = await redis.hpTTL(KEYS.restoreUuid, [reader]) ?? [];
    const endsAt = left < 0 ? undefined : Date.now() + left;
    if (standing === null || (standing === source && endsAt !== undefined && left < ttlMs)) {
      await redis.multi().hSet(KEYS.restoreUuid, reader, source)
        // Together with the value, so that a grant that was to end can never stand for good.
        .hpExpire(KEYS.restoreUuid, [reader], ttlMs).exec();
    } else await redis.unwatch();
    return { standing, endsAt };
  });
  const { standing, endsAt } = made;
  const secondsLeft = endsAt === undefined ? undefined : Math.ceil((endsAt - Date.now()) / 1000);
  if (standing !== null && standing !== source) return { other: standing, secondsLeft };
  const ifStill = async (
    then: (transaction: ReturnType<Redis["multi"]>, left: number) => void,
  ): Promise<boolean> =>
    await unlessChanged(leader, async (redis) => {
      await redis.watch(KEYS.restoreUuid);
      const now = await redis.hGet(KEYS.restoreUuid, reader);
      const [left = -1] = await redis.hpTTL(KEYS.restoreUuid, [reader]) ?? [];
      if (now !== source) {
        await redis.unwatch();
        return false;
      }
      const transaction = redis.multi();
      then(transaction, left);
      await transaction.exec();
      return true;
    });
  return {
    before: standing === null ? undefined : { secondsLeft },
    renew: () =>
      ifStill((transaction, left) => {
        // One without an end is an operator's.
        if (left >= 0 && left < ttlMs) transaction.hpExpire(KEYS.restoreUuid, [reader], ttlMs);
      }),
    release: () =>
      ifStill((transaction, left) => {
        const ended = endsAt !== undefined && endsAt <= Date.now();
        // Without an end now, though this one had: an operator has made it theirs meanwhile.
        if (left >= 0 && (standing === null || ended)) transaction.hDel(KEYS.restoreUuid, reader);
        else if (left >= 0 && endsAt !== undefined) {
          transaction.hpExpire(KEYS.restoreUuid, [reader], endsAt - Date.now());
        }
      }).then(() => {}),
  };
}

const TRIES = 20;

/** Does it again where the key has changed under it: all grants are in one hash. */
async function unlessChanged<T>(leader: Leader, run: (redis: Redis) => Promise<T>): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await leader(run);
    } catch (error) {
      if (!(error instanceof WatchError) || tries === TRIES) throw error;
    }
  }
}
