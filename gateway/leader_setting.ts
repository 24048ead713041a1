import type { Leader } from "./redis/leader.ts";

/** What settings.ts reads settings with. */
type Reader = {
  readonly get: (name: string) => string | undefined;
  readonly problem: (name: string, rule: string, value?: string) => void;
  readonly isHostPort: (value: string) => boolean;
};

const OF_SENTINELS = ["REDIS_SENTINEL_MASTER", "REDIS_SENTINEL_USER", "REDIS_SENTINEL_PASSWORD"] as const;

/** Where the leader's Redis is: `REDIS_ADDRESS`, or `REDIS_SENTINELS` and what belongs to them, `password` among it. */
export function leaderSetting({ get, problem, isHostPort }: Reader, password: string | undefined): Leader {
  const given = get("REDIS_SENTINELS");
  const address = get("REDIS_ADDRESS") ?? "127.0.0.1:6379";
  if (given === undefined) {
    if (!isHostPort(address)) problem("REDIS_ADDRESS", "must be host:port", address);
    for (const name of OF_SENTINELS) {
      if (get(name) !== undefined || get(`${name}_FILE`) !== undefined) {
        problem(name, "is for REDIS_SENTINELS, which is not set");
      }
    }
    return { address };
  }
  const sentinels = given.split(/[\s,]+/).filter((each) => each !== "");
  if (sentinels.length === 0 || !sentinels.every(isHostPort)) {
    problem("REDIS_SENTINELS", "must be host:port, several with commas between them", given);
  }
  if (get("REDIS_ADDRESS") !== undefined) {
    problem("REDIS_ADDRESS", "and REDIS_SENTINELS are both set: give one of them");
  }
  // Who leads changes; what this node reads, and the sidecar may connect to, does not.
  if (get("REDIS_REPLICA_ADDRESS") === undefined) {
    problem("REDIS_REPLICA_ADDRESS", "is required with REDIS_SENTINELS");
  }
  const name = get("REDIS_SENTINEL_MASTER") ?? "mymaster";
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    problem("REDIS_SENTINEL_MASTER", "must be a name of letters, digits, dots, dashes and underscores", name);
  }
  return { sentinels, name, user: get("REDIS_SENTINEL_USER") ?? "default", password: password ?? "" };
}
