/**
 * The controller: keeps HAProxy and rclone equal to what Redis holds (reconciler.ts), is the keeper of rclone's
 * processes, and tells how the gateway is. This file only wires the parts.
 */
import { askSocket } from "./ask_socket.ts";
import { backupsOnNodes } from "./backups/backups_on_nodes.ts";
import { clusterStatus } from "./cluster_status.ts";
import { certificates, LOOK_AT_CERTIFICATES_EVERY_MS } from "./certificates.ts";
import { collectGarbage } from "./collect_garbage.ts";
import { controlApp } from "./control_app.ts";
import { combinedFile } from "./combined_file.ts";
import { peerAsker } from "./failover/ask_peer.ts";
import { SILENT_MS } from "./failover/silence.ts";
import { type GatewayStatus, healthApp } from "./health.ts";
import { every } from "./every.ts";
import { keepTokens } from "./keep_tokens.ts";
import { keeperApp } from "./keeper.ts";
import { sweepLocks } from "./locks/sweep_locks.ts";
import { operatorApp } from "./operator_app.ts";
import {
  ASKING_SOCKET,
  AUTHZ_SOCKET,
  HOME,
  INSTANCES,
  LOCAL_REPOSITORIES,
  RCLONE_CONF,
  RCLONE_SERVICE,
  RUN,
} from "./paths.ts";
import { rcloneControl } from "./rclone/control.ts";
import { dirtyMarks } from "./rclone/dirty_marks.ts";
import { disks } from "./rclone/disk.ts";
import { keyedGeneration } from "./rclone/generation.ts";
import { Instances } from "./rclone/instances.ts";
import { supervisedBy } from "./rclone/supervised.ts";
import { stateReader } from "./read_state.ts";
import { Reconciler } from "./reconciler.ts";
import { RedisClient } from "./redis/client.ts";
import { followRedis } from "./redis/follow.ts";
import { holds } from "./redis/holds.ts";
import { SharedUuidWatch } from "./redis/shared_uuids.ts";
import { renderBundle } from "./render/bundle.ts";
import { metrics, servers } from "./servers.ts";
import { parseSettings } from "./settings.ts";
import { sidecarStatus } from "./sidecar_status.ts";
import { storages } from "./storages.ts";
import { switching } from "./switching.ts";
import { destinationStatuses } from "./status.ts";
import { validation } from "./validation/validation.ts";
import { LOOK_FOR_WAYS_EVERY_MS, ways } from "./ways.ts";

/** How often what runs is compared with what Redis holds, since an event can be lost. */
const COMPARE_EVERY_MS = 30_000;
const HEARTBEAT_EVERY_MS = 60_000;
const SWEEP_LOCKS_EVERY_MS = 5000;
const LOOK_AT_DISKS_EVERY_MS = 5000;
const LOOK_AT_TOKENS_EVERY_MS = 10_000;
/** Creating a remote can hang for ever; a storage that takes longer than this is failing. */
const RCLONE_TIMEOUT_MS = 60_000;

const log = (message: string): void => console.error(`controller: ${message}`);

const parsed = parseSettings(Deno.env.toObject(), Deno.readTextFileSync);
if ("problems" in parsed) throw new Error(`Cannot run with these settings: ${parsed.problems.join("; ")}`);
const settings = parsed;
const version: string = JSON.parse(await Deno.readTextFile(`${HOME}/deno.json`)).version;
const generation = await keyedGeneration(`${RUN}/controller/generation.key`);
const instances = new Instances(INSTANCES, {
  supervised: supervisedBy(RCLONE_SERVICE),
  marks: dirtyMarks(settings.stateDir),
  disks: disks(`${settings.stateDir}/disks`),
  control: (socket) => rcloneControl(socket, RCLONE_TIMEOUT_MS),
  log,
});

const { redisReplicaAddress: address, redisUser: user, redisPassword: password } = settings;
const redis = new RedisClient({ address, user, password });
const shared = new SharedUuidWatch(redis, log);
const certificate = certificates(settings, { changed: (reason) => reconciler.changed(reason), log });
const ask = peerAsker(settings, ASKING_SOCKET);

const reconciler: Reconciler = new Reconciler({
  read: stateReader(redis, settings, () => reconciler.state),
  render: (state) => certificate.include(renderBundle(state, generation)),
  // The last is what a predecessor that was killed has left running.
  ...switching(instances, await instances.find(`${RCLONE_SERVICE}/instance`)),
  log,
});
const writeFile = combinedFile(RCLONE_CONF, (name) => instances.state(name), log);
const writeCombined = (): Promise<void> => writeFile(reconciler.bundle.instances);
const link = followRedis(redis, address, {
  changed: (reason) => reconciler.changed(reason).then(writeCombined),
  async connected() {
    await heartbeat();
    await writeCombined();
  },
  async identities() {
    await shared.look();
    // A node may have come or gone.
    await reconciler.changed("identities changed");
  },
  log,
});

async function status(): Promise<GatewayStatus> {
  return {
    version,
    node: settings.nodeId,
    ...await sidecarStatus(AUTHZ_SOCKET, settings.maxReplicaLag),
    redis: redis.isReady ? { state: "connected" } : { state: "away", because: link.trouble },
    ...certificate.status(),
    ...(reconciler.refused === undefined ? {} : { configuration: reconciler.refused }),
    destinations: destinationStatuses(
      reconciler.state,
      reconciler.bundle,
      (name) => instances.state(name),
      (name) => troubles.of(name),
      over,
    ),
    peers: reconciler.state.peers,
    unreachable: reconciler.state.unreachable,
    sharedUuids: shared.found,
  };
}

function heartbeat(): Promise<void> {
  return instances.heartbeat().catch((error) =>
    log(`Cannot mark what is alive: ${(error as Error).message}`)
  );
}

const storage = storages(instances, {
  stateDir: settings.stateDir,
  instanceOf: (destination) =>
    reconciler.bundle.instances.find((each) => each.destination === destination)?.name,
  log,
});
const { server, look, uploads, locks, troubles } = storage;
await locks.load();
const { lookForWays, lookForSilence, over, reach } = ways(instances, storage, {
  ask: typeof ask === "string" ? undefined : ask,
  state: () => reconciler.state,
  bundle: () => reconciler.bundle,
  log,
});
const { answer: validate, others } = validation({
  node: settings.nodeId,
  state: () => reconciler.state,
  ask: typeof ask === "string" ? undefined : ask,
  localFolder: LOCAL_REPOSITORIES,
  folder: `${RUN}/controller`,
  log,
});
const backups = backupsOnNodes(settings, { state: () => reconciler.state, ask });
const shutdown = await servers({
  keeper: keeperApp({ bundle: () => reconciler.offered, instances, uploads, look, locks, troubles }),
  control: controlApp({ status, reach, validate, backups: backups.here }),
  operator: operatorApp({
    bundle: () => reconciler.bundle,
    stateOf: (name) => instances.state(name),
    folder: `${RUN}/controller`,
    others,
    backups: backups.onNodes,
  }),
  operatorSocket: `${settings.stateDir}/operator.sock`,
  health: healthApp(
    status,
    (query) => askSocket(AUTHZ_SOCKET, `/known${query}`),
    () => clusterStatus({ own: status, ...reconciler.state, ask }),
  ).route("/", metrics(status)),
  healthAddress: settings.healthAddress,
});

link.connect();
collectGarbage();
setInterval(() => {
  void reconciler.changed("periodic comparison").then(writeCombined);
  void shared.look();
}, COMPARE_EVERY_MS);
every(HEARTBEAT_EVERY_MS, heartbeat);
every(LOOK_FOR_WAYS_EVERY_MS, lookForWays);
if (typeof ask !== "string") every(SILENT_MS, lookForSilence);
every(LOOK_AT_CERTIFICATES_EVERY_MS, certificate.look);
every(LOOK_AT_DISKS_EVERY_MS, () => instances.checkDisks());
const lookAtTokens = keepTokens({
  leader: settings.redisLeader,
  login: { user, password },
  server: (instance) => server(instance, "rest-append"),
  log,
});
setInterval(() => void lookAtTokens(reconciler.bundle.instances), LOOK_AT_TOKENS_EVERY_MS);
const sweep = sweepLocks({ locks, holds: (owner, path) => holds(redis, owner, path), log });
// Not one after the other: a storage that hangs would hold up all others' locks.
setInterval(() => redis.isReady && void sweep(), SWEEP_LOCKS_EVERY_MS);

Deno.addSignalListener("SIGTERM", async () => {
  await shutdown();
  Deno.exit(0);
});
