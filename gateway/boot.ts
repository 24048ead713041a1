/**
 * Validates the settings and prepares /run/gateway, before anything starts. Ends with exit code 2 and one message
 * that names every problem; changes nothing in that case.
 */
import {
  AUTHZ_SOCKET,
  BUNDLES,
  CURRENT,
  ENV,
  HOME,
  INSTANCES,
  LOCAL_REPOSITORIES,
  RCLONE_SERVICE,
  RUN,
  SERVICES,
} from "./paths.ts";
import { splitAddress } from "./domain/address.ts";
import type { Leader } from "./redis/leader.ts";
import { HAPROXY_FILES, type TlsFiles } from "./render/bundle.ts";
import { parseSettings, type Settings } from "./settings.ts";
import { tlsEnvironment } from "./tls/listening.ts";
import { objectionTo } from "./tls/objection.ts";
import { readTlsFiles } from "./tls/read_files.ts";

const settings = parseSettings(Deno.env.toObject(), Deno.readTextFileSync);
if ("problems" in settings) fail(settings.problems);
const tlsFiles = readTlsFiles(settings, Deno.readTextFileSync);
const problems = [
  folderProblem("STATE_DIR", settings.stateDir),
  ...("problems" in tlsFiles ? tlsFiles.problems : [await tlsProblem(tlsFiles, settings)]),
].filter((problem) => problem !== undefined);
if ("problems" in tlsFiles || problems.length > 0) fail(problems);
const taken = [
  portProblem("PORT", settings.bindAddress === "*" ? "0.0.0.0" : settings.bindAddress, settings.port),
  portProblem("HEALTH_ADDRESS", ...hostAndPort(settings.healthAddress)),
].filter((problem) => problem !== undefined);
if (taken.length > 0) {
  // Not a matter of the settings alone: whoever holds it may go, and a supervisor may try again.
  for (const problem of taken) console.error(`Cannot start the gateway: ${problem}`);
  Deno.exit(1);
}

const repositories = folderProblem("the local destination's folder", LOCAL_REPOSITORIES);
if (repositories !== undefined) {
  console.error(
    `Warning: ${repositories}. Backups to the local destination will fail. ` +
      `A volume left by a service that ran as root is taken over with: ` +
      `podman run --rm --user 0 --volume VOLUME:${LOCAL_REPOSITORIES} IMAGE takeover`,
  );
}
if (settings.tlsCert !== undefined && settings.tlsCa === undefined) {
  console.error(
    "Warning: TLS_CERT is set and TLS_CA is not, so that this node cannot tell whom it speaks to: it asks no other " +
      "node, and passes nothing on to one.",
  );
}
prepare(settings, tlsFiles);

function fail(problems: readonly string[]): never {
  console.error("Cannot start the gateway: its settings are not valid.");
  for (const problem of problems) console.error(`  - ${problem}`);
  console.error("Nothing was started. The settings are listed in docs/operations.md.");
  Deno.exit(2);
}

/** Why nothing can be written to a folder, or undefined. */
function folderProblem(what: string, path: string): string | undefined {
  const probe = `${path}/.write-probe`;
  try {
    Deno.writeTextFileSync(probe, "");
    Deno.removeSync(probe);
    return undefined;
  } catch (error) {
    return `${what} ${path} cannot be written by uid ${Deno.uid()} (${(error as Error).name})`;
  }
}

/** What HAProxy has against what it is to load, or undefined. */
async function tlsProblem(files: TlsFiles, settings: Settings): Promise<string | undefined> {
  if (settings.tlsCert === undefined) return undefined;
  const objection = await objectionTo(files, settings);
  return objection === undefined ? undefined : `HAProxy cannot work with TLS_CERT or TLS_CA: ${objection}`;
}

/** Why nothing can listen on an address, or undefined. */
function portProblem(setting: string, hostname: string, port: number): string | undefined {
  try {
    Deno.listen({ hostname, port }).close();
    return undefined;
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "something else listens there (ss -ltnp shows what; is a predecessor still running?)"
      : (error as Error).message;
    return `${hostname}:${port} (${setting}) cannot be used: ${why}`;
  }
}

function hostAndPort(address: string): [hostname: string, port: number] {
  const { host, port } = splitAddress(address);
  return [host, port];
}

function prepare(settings: Settings, tlsFiles: TlsFiles): void {
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
