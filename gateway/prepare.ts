import {
  AUTHZ_SOCKET,
  BUNDLES,
  CURRENT,
  ENV,
  HOME,
  INSTANCES,
  RCLONE_SERVICE,
  RUN,
  SERVICES,
} from "./paths.ts";
import type { Leader } from "./redis/leader.ts";
import { HAPROXY_FILES, type TlsFiles } from "./render/bundle.ts";
import type { Settings } from "./settings.ts";
import { tlsEnvironment } from "./tls/listening.ts";

/**
 * Makes /run/gateway what the services start from: each one's environment, the bundle HAProxy begins with, the service folders.
 * What an earlier life of the gateway left open in STATE_DIR is marked dirty. Throws where that cannot be done.
 */
export function prepare(settings: Settings, tlsFiles: TlsFiles): void {
  // A container that is started again finds its /run as it was left: begin afresh.
  for (const entry of Deno.readDirSync(RUN)) Deno.removeSync(`${RUN}/${entry.name}`, { recursive: true });
  for (const folder of [ENV, INSTANCES, BUNDLES, `${RUN}/authz`, `${RUN}/controller`, `${RUN}/haproxy`]) {
    Deno.mkdirSync(folder, { mode: 0o700 });
  }
  // What is still open was not ended in order (see rclone/dirty_marks.ts).
  const [open, dirty] = [`${settings.stateDir}/open`, `${settings.stateDir}/dirty`];
  for (const folder of [open, dirty, `${settings.stateDir}/locks`]) {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  for (const { name } of Deno.readDirSync(open)) {
    // An older one that was not looked into yet reaches further back.
    if (exists(`${dirty}/${name}`)) Deno.removeSync(`${open}/${name}`);
    else Deno.renameSync(`${open}/${name}`, `${dirty}/${name}`);
  }

  writeEnvironment("authz", {
    AUTHZ_SOCKET,
    AUTHZ_REDIS_ADDRESS: settings.redisReplicaAddress,
    AUTHZ_REDIS_USER: settings.authzRedisUser,
    AUTHZ_REDIS_PASSWORD: settings.authzRedisPassword,
    AUTHZ_MAX_REPLICA_LAG: String(settings.maxReplicaLag),
    AUTHZ_LOCKS: `${settings.stateDir}/locks`,
  });
  writeEnvironment("controller", {
    NODE_ID: settings.nodeId,
    ...leaderEnvironment(settings.redisLeader),
    REDIS_REPLICA_ADDRESS: settings.redisReplicaAddress,
    REDIS_USER: settings.redisUser,
    REDIS_PASSWORD: settings.redisPassword,
    NODE_PASSWORD: settings.nodePassword ?? "",
    BIND_ADDRESS: settings.bindAddress,
    PORT: String(settings.port),
    HEALTH_ADDRESS: settings.healthAddress,
    AUTHZ_MAX_REPLICA_LAG: String(settings.maxReplicaLag),
    CLUSTER_NETWORK: settings.clusterNetwork?.join(",") ?? "",
    STATE_DIR: settings.stateDir,
    ...tlsEnvironment(settings),
  });
  writeEnvironment("haproxy", {
    BIND_ADDRESS: settings.bindAddress,
    PORT: String(settings.port),
    GATEWAY_BUNDLE: CURRENT,
    ...tlsEnvironment(settings),
  });
  Deno.writeTextFileSync(`${ENV}/stop-grace`, `${settings.stopGrace}\n`);
  Deno.writeTextFileSync(`${ENV}/state-dir`, `${settings.stateDir}\n`);

  // HAProxy starts at once, with no destination: whoever asks before Redis has answered gets 503.
  const empty = `${BUNDLES}/empty`;
  Deno.mkdirSync(empty, { mode: 0o700 });
  for (const file of HAPROXY_FILES) {
    Deno.writeTextFileSync(`${empty}/${file}`, "");
  }
  for (const [file, text] of Object.entries(tlsFiles)) {
    Deno.writeTextFileSync(`${empty}/${file}`, text, { mode: 0o600 });
  }
  command("ln", "-s", empty, CURRENT);

  for (const service of ["authz", "controller", "haproxy", ".s6-svscan"]) {
    copyFolder(`${HOME}/gateway/services/${service}`, `${SERVICES}/${service}`);
  }
  command("s6-instance-maker", "-c", "1000", `${HOME}/gateway/services/rclone`, RCLONE_SERVICE);
}

function leaderEnvironment(leader: Leader): Record<string, string> {
  return "address" in leader ? { REDIS_ADDRESS: leader.address } : {
    REDIS_SENTINELS: leader.sentinels.join(","),
    REDIS_SENTINEL_MASTER: leader.name,
    REDIS_SENTINEL_USER: leader.user,
    REDIS_SENTINEL_PASSWORD: leader.password,
  };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function command(name: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(name, { args }).outputSync();
  if (!success) throw new Error(`Cannot prepare ${RUN}: ${name}: ${new TextDecoder().decode(stderr).trim()}`);
}

/** One file for each variable, as s6-envdir reads them. A value that is empty stands for an empty variable. */
function writeEnvironment(service: string, variables: Readonly<Record<string, string>>): void {
  Deno.mkdirSync(`${ENV}/${service}`, { mode: 0o700 });
  for (const [name, value] of Object.entries(variables)) {
    Deno.writeTextFileSync(`${ENV}/${service}/${name}`, `${value}\n`, { mode: 0o600 });
  }
}

function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const entry of Deno.readDirSync(from)) {
    if (entry.isDirectory) copyFolder(`${from}/${entry.name}`, `${to}/${entry.name}`);
    else Deno.copyFileSync(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}
