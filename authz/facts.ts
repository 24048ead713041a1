import type { Grants } from "../gateway/domain/grants.ts";
import type { ModuleIdentity } from "../gateway/domain/identity.ts";
import { parseUuid, type Uuid } from "../gateway/domain/uuid.ts";
import { KEYS } from "../gateway/redis/keys.ts";
import { Accounts } from "../gateway/redis/accounts.ts";
import type { Account } from "../gateway/redis/acl_line.ts";
import type { VouchedReads } from "./vouched_reads.ts";
import { FactsUnavailable } from "./vouching.ts";

/** Who exists and who holds what, live from Redis. */
export type Facts = {
  /** The account of a user, undefined where there is none. Throws {@link FactsUnavailable}. */
  account(name: string): Promise<Account | undefined>;
  /** The numbers of the nodes that may log in. Throws {@link FactsUnavailable}. */
  nodes(): Promise<string[]>;
  /** What a module holds now. Throws {@link FactsUnavailable}. */
  grants(module: ModuleIdentity): Promise<Grants>;
  /** A number that grows with each change that is heard of: what is known now stays true while it stays. */
  generation(): number;
  /** Returns once every change that Redis had made before this call is known here. Throws {@link FactsUnavailable}. */
  settled(): Promise<void>;
};

/** Before Redis 7.4 a field has no time to live of its own, and the command that asks for it is not known. */
function withoutFieldTtl(error: Error): number[] {
  if (error.message.startsWith("ERR unknown command")) return [-1];
  throw error;
}

/**
 * Facts read through the given connection. `recent`: whether what is read about restore grants is recent enough (see
 * {@link ReplicaLink}); `now` is the wall clock, in milliseconds since 1970.
 */
export function redisFacts(
  reads: VouchedReads,
  recent: () => boolean,
  now: () => number = Date.now,
): Facts {
  const moduleUuid = (id: string): Promise<Uuid | undefined> =>
    reads.read(KEYS.moduleUuid, id, async (redis) => parseUuid(await redis.hGet(KEYS.moduleUuid, id) ?? ""));

  /**
   * A field may carry its own time to live. It is read with the value and kept here, because a replica that lost
   * its leader never announces that a field has expired (measured on Redis 8.0.2).
   */
  const restoreSource = (reader: Uuid): Promise<{ source: Uuid; until: number } | undefined> =>
    reads.read(KEYS.restoreUuid, reader, async (redis) => {
      const asked = now();
      const [value, ttl] = await Promise.all([
        redis.hGet(KEYS.restoreUuid, reader),
        redis.hpTTL(KEYS.restoreUuid, [reader]).catch(withoutFieldTtl),
      ]);
      const source = parseUuid(value ?? "");
      const milliseconds = ttl?.[0] ?? -2;
      // -1: no time to live; -2: no such field (HPTTL's reply, redis.io)
      if (source === undefined || milliseconds === -2) return undefined;
      return { source, until: milliseconds === -1 ? Infinity : asked + milliseconds };
    });

  let room: Accounts["room"] | undefined;
  const accounts = async (): Promise<Accounts> => {
    const all = await reads.read(KEYS.acls, "", async (redis) => {
      const all = new Accounts(room);
      // All of them in one reply, and so as they were at one moment: slices (SSCAN) could miss a line that is being replaced.
      await redis.each(["SMEMBERS", KEYS.acls], (bytes, from, to) => all.add(bytes, from, to));
      room = all.room;
      return all;
    });
    // A cluster always has at least one user: an empty set means that the data is not there (yet).
    if (all.empty) throw new FactsUnavailable(`${KEYS.acls} is empty`);
    return all;
  };
  return {
    generation: () => reads.generation,
    settled: () => reads.settled(),
    async nodes() {
      const all = await accounts();
      return all.names("node/").filter((name) => all.get(name)?.enabled).map((name) =>
        name.slice("node/".length)
      );
    },
    account: async (name) => (await accounts()).get(name),
    async grants(module) {
      const own = await moduleUuid(module.id);
      if (own === undefined) return { own: undefined, restore: undefined };
      const restore = await restoreSource(own);
      // That there is none is not known either: the leader may have granted it meanwhile.
      if (!recent()) return { own: { appType: module.appType, moduleUuid: own }, restore: "unknown" };
      return {
        own: { appType: module.appType, moduleUuid: own },
        restore: restore === undefined || now() >= restore.until
          ? undefined
          : { appType: module.appType, moduleUuid: restore.source },
      };
    },
  };
}
