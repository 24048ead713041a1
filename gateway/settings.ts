import { isCidr } from "./domain/network.ts";
import { leaderSetting } from "./leader_setting.ts";
import type { Leader } from "./redis/leader.ts";

/** The gateway's settings, validated. Names and meanings: the table in docs/operations.md. */
export type Settings = {
  readonly nodeId: string;
  readonly redisLeader: Leader;
  readonly redisReplicaAddress: string;
  readonly redisUser: string;
  readonly redisPassword: string;
  readonly authzRedisUser: string;
  readonly authzRedisPassword: string;
  /** with which this node asks others; undefined: it cannot */
  readonly nodePassword: string | undefined;
  /** restore grants are believed only while this node's Redis has heard its leader less than so many seconds ago */
  readonly maxReplicaLag: number;
  readonly bindAddress: string;
  readonly port: number;
  readonly healthAddress: string;
  /** CIDRs; undefined: what `cluster/network` in Redis says */
  readonly clusterNetwork: readonly string[] | undefined;
  readonly stateDir: string;
  /** path of this node's certificate, with its chain and its key; undefined: no TLS */
  readonly tlsCert: string | undefined;
  /** path of what the certificates of the nodes are signed by; undefined: no TLS between nodes */
  readonly tlsCa: string | undefined;
  /** seconds that transfers in flight may take to finish when the gateway is asked to stop */
  readonly stopGrace: number;
};

/** Every problem that was found, one sentence each. */
export type Problems = { readonly problems: readonly string[] };

const SECRETS = [
  "REDIS_PASSWORD",
  "AUTHZ_REDIS_PASSWORD",
  "NODE_PASSWORD",
  "REDIS_SENTINEL_PASSWORD",
] as const;

/**
 * Settings from environment variables. A secret may be given as `<NAME>_FILE`, the path of a file that holds it.
 * Reads all of it before it says anything, and names every problem; no message holds a secret.
 */
export function parseSettings(
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): Settings | Problems {
  const problems: string[] = [];
  const problem = (name: string, rule: string, value?: string): undefined => {
    problems.push(
      value === undefined ? `${name} ${rule}` : `${name} ${rule}: it is ${JSON.stringify(value)}`,
    );
  };
  const get = (name: string): string | undefined => env[name] === "" ? undefined : env[name];

  const secrets = new Map<string, string>();
  for (const name of SECRETS) {
    const file = get(`${name}_FILE`);
    const direct = get(name);
    if (file !== undefined && direct !== undefined) {
      problem(name, `and ${name}_FILE are both set: give one of them`);
    }
    try {
      const secret = file === undefined ? direct : readFile(file).replace(/\r?\n$/, "");
      if (secret === "") problem(`${name}_FILE`, "names an empty file", file);
      else if (secret !== undefined) secrets.set(name, secret);
    } catch (error) {
      problem(`${name}_FILE`, `cannot be read (${(error as Error).message})`);
    }
  }
  const secret = (name: typeof SECRETS[number], otherwise?: string): string => {
    const value = secrets.get(name) ?? otherwise;
    if (value === undefined && get(`${name}_FILE`) === undefined) {
      problem(name, `is required (or ${name}_FILE)`);
    }
    return value ?? "";
  };
  const text = (name: string, otherwise?: string): string => {
    const value = get(name) ?? otherwise;
    if (value === undefined) problem(name, "is required");
    return value ?? "";
  };
  const checked = (name: string, value: string, valid: (value: string) => boolean, rule: string): string => {
    if (value !== "" && !valid(value)) problem(name, rule, value);
    return value;
  };
  const integer = (name: string, otherwise: number, least: number, most: number): number => {
    const value = get(name) ?? String(otherwise);
    const number = /^[0-9]{1,9}$/.test(value) ? Number(value) : NaN;
    if (!(number >= least && number <= most)) {
      problem(name, `must be a number from ${least} to ${most}`, value);
    }
    return number;
  };

  const nodeId = checked(
    "NODE_ID",
    text("NODE_ID"),
    (v) => /^[1-9][0-9]{0,8}$/.test(v),
    "must be a node's number",
  );
  const hostPort = "must be host:port";
  const redisLeader = leaderSetting({ get, problem, isHostPort }, secrets.get("REDIS_SENTINEL_PASSWORD"));
  const redisUser = text("REDIS_USER");
  const redisPassword = secret("REDIS_PASSWORD");
  const networks = get("CLUSTER_NETWORK")?.split(/[\s,]+/).filter((cidr) => cidr !== "");
  const network = networks?.length === 0 ? undefined : networks;
  for (const cidr of network ?? []) {
    if (!isCidr(cidr)) problem("CLUSTER_NETWORK", "must be CIDRs such as 10.5.4.0/24", cidr);
  }
  const path = (name: string): string | undefined => {
    const value = get(name);
    // Deno takes a comma in the list of what may be read for the end of a path.
    if (value !== undefined && !/^\/[^,\n]+$/.test(value)) {
      problem(name, "must be an absolute path without a comma", value);
    }
    return value;
  };
  const [tlsCert, tlsCa] = [path("TLS_CERT"), path("TLS_CA")];
  if (tlsCa !== undefined && tlsCert === undefined) {
    problem("TLS_CA", "is set and TLS_CERT is not: nodes show one another certificates of their own");
  }
  const lag = get("AUTHZ_MAX_REPLICA_LAG") ?? "30";
  if (!/^[0-9]{1,6}$/.test(lag)) problem("AUTHZ_MAX_REPLICA_LAG", "must be seconds", lag);

  const settings: Settings = {
    nodeId,
    redisLeader,
    redisReplicaAddress:
      checked("REDIS_REPLICA_ADDRESS", get("REDIS_REPLICA_ADDRESS") ?? "", isHostPort, hostPort) ||
      ("address" in redisLeader ? redisLeader.address : ""),
    redisUser,
    redisPassword,
    nodePassword: secrets.get("NODE_PASSWORD") ??
      (redisUser === `node/${nodeId}` ? redisPassword : undefined),
    authzRedisUser: text("AUTHZ_REDIS_USER", redisUser),
    authzRedisPassword: secret("AUTHZ_REDIS_PASSWORD", redisPassword),
    maxReplicaLag: Number(lag),
    bindAddress: checked("BIND_ADDRESS", text("BIND_ADDRESS", "*"), isBindAddress, "must be an address or *"),
    port: integer("PORT", 4694, 1, 65535),
    healthAddress: checked("HEALTH_ADDRESS", text("HEALTH_ADDRESS", "127.0.0.1:4695"), isHostPort, hostPort),
    clusterNetwork: network,
    stateDir: checked(
      "STATE_DIR",
      text("STATE_DIR", "/var/lib/rclone-gateway"),
      (v) => v.startsWith("/"),
      "must be an absolute path",
    ),
    tlsCert,
    tlsCa,
    stopGrace: integer("STOP_GRACE", 110, 0, 86400),
  };
  return problems.length > 0 ? { problems } : settings;
}

/** `host:port`, the host a name, an IPv4 address or an IPv6 address in brackets. */
export function isHostPort(value: string): boolean {
  const [, host = "", port] = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})$/.exec(value) ?? [];
  const valid = host.startsWith("[") ? isCidr(host.slice(1, -1)) : isHost(host);
  return valid && Number(port) >= 1 && Number(port) <= 65535;
}

function isBindAddress(value: string): boolean {
  return value === "*" || (!value.includes("/") && isCidr(value)) || isHost(value);
}

/** A host's name or its IPv4 address. What is made of digits and dots is an address, or wrong. */
function isHost(value: string): boolean {
  return /^[0-9.]+$/.test(value) ? isCidr(value) : /^[A-Za-z0-9._-]+$/.test(value);
}
