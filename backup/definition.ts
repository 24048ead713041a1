import { parseIdentity } from "../gateway/domain/identity.ts";
import { parseUuid, type Uuid } from "../gateway/domain/uuid.ts";
import { parsePolicy, type Policy } from "./retention/policy.ts";

/** When which modules back up to which destination, and what is kept: `cluster/backup/<id>`, and the gateway's own additions. */
export type BackupDefinition = {
  /** a number, counted up in `cluster/backup_sequence` */
  readonly id: string;
  readonly name: string;
  readonly destination: Uuid;
  /** as systemd's OnCalendar (systemd.time(7)) */
  readonly schedule: string;
  readonly enabled: boolean;
  /** ids such as `dokuwiki1`, in their order, each once */
  readonly modules: readonly string[];
  readonly policy: Policy;
  /** how old a snapshot has to be before newer ones may displace it, in seconds */
  readonly minimumAge: number;
  /** how often a repository is pruned, in seconds */
  readonly pruneEvery: number;
  /** up to how much later than its schedule says a run starts, in seconds */
  readonly randomDelay: number;
};

export const DEFAULTS = { minimumAge: 3 * 86_400, pruneEvery: 7 * 86_400, randomDelay: 0 } as const;

/**
 * A definition from its hash in Redis and from the gateway's own additions (`private/nodes/gateway/backup/<id>`: `keep`,
 * `minimum_age`, `prune_every`, `random_delay`, times in seconds); or everything that is wrong with it.
 */
export function parseDefinition(
  id: string,
  hash: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): BackupDefinition | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const { name = "", repository = "", schedule = "", enabled = "", instances = "", retention = "" } = hash;
  if (!/^[1-9][0-9]{0,8}$/.test(id)) problems.push(`the id "${id}" is no number`);
  const destination = parseUuid(repository);
  if (destination === undefined) problems.push(`repository is "${repository}", and no destination's uuid`);
  if (schedule === "") problems.push("schedule is missing");
  const modules = [...new Set(instances.split(/\s+/).filter((each) => each !== ""))];
  for (const module of modules) {
    if (parseIdentity(`module/${module}`) === undefined) {
      problems.push(`instances names "${module}", which is no module's id`);
    }
  }
  const policy = parsePolicy(own["keep"] ?? `keep-last=${retention}`);
  if ("problems" in policy) problems.push(...policy.problems);
  const seconds = (field: string, otherwise: number): number => {
    const text = own[field];
    if (text === undefined) return otherwise;
    if (!/^[0-9]{1,9}$/.test(text)) problems.push(`${field} is "${text}", and no number of seconds`);
    return Number(text);
  };
  const times = {
    minimumAge: seconds("minimum_age", DEFAULTS.minimumAge),
    pruneEvery: seconds("prune_every", DEFAULTS.pruneEvery),
    randomDelay: seconds("random_delay", DEFAULTS.randomDelay),
  };
  if (destination === undefined || "problems" in policy || problems.length > 0) return { problems };
  return { id, name, destination, schedule, enabled: enabled === "1", modules, policy, ...times };
}
