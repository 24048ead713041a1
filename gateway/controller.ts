/**
 * Reconciles: reads Redis, renders, and where the result differs from what runs: writes a candidate, checks it,
 * switches, reloads, confirms. Keeps what runs where anything fails, and says so.
 */
import { checkCandidate, oldWorkers, reloadHaproxy } from "./apply/haproxy.ts";
import { switchLink, writeBundle } from "./apply/write_bundle.ts";
import type { DesiredState } from "./domain/destination.ts";
import { askSocket } from "./ask_socket.ts";
import { haproxyUsage } from "./apply/haproxy_usage.ts";
import { metricsApp } from "./metrics.ts";
import { authorization } from "./authorization.ts";
import { type GatewayStatus, healthApp } from "./health.ts";
import { keeperApp } from "./keeper.ts";
import {
  AUTHZ_SOCKET,
  BUNDLES,
  CURRENT,
  HAPROXY_ADMIN_SOCKET,
  HAPROXY_MASTER_SOCKET,
  HAPROXY_METRICS_SOCKET,
  HOME,
  INSTANCES,
  KEEPER_SOCKET,
  LOCAL_REPOSITORIES,
  RCLONE_SERVICE,
  RUN,
} from "./paths.ts";
import { rcloneControl } from "./rclone/control.ts";
import { dirtyMarks } from "./rclone/dirty_marks.ts";
import { Instances } from "./rclone/instances.ts";
import { supervisedBy } from "./rclone/supervised.ts";
import { splitAddress } from "./domain/address.ts";
import { redisClient } from "./redis/connection.ts";
import { desiredState, readStoredState } from "./redis/desired_state.ts";
import { readSharedUuids, type SharedUuid } from "./redis/shared_uuids.ts";
import { CHANNELS } from "./redis/keys.ts";
import { type Bundle, renderBundle } from "./render/bundle.ts";
import { keyedGeneration } from "./rclone/generation.ts";
import { parseSettings } from "./settings.ts";

/** How often what runs is compared with what Redis holds, since an event can be lost. */
const COMPARE_EVERY_MS = 30_000;
const HEARTBEAT_EVERY_MS = 60_000;
const TRY_AGAIN_MS = 5000;
const SHUTDOWN_MS = 2000;
/** Creating a remote can hang for ever; a storage that takes longer than this is failing. */
const RCLONE_TIMEOUT_MS = 60_000;

const log = (message: string): void => console.error(`controller: ${message}`);

const parsed = parseSettings(Deno.env.toObject(), Deno.readTextFileSync);
if ("problems" in parsed) throw new Error(`Cannot run with these settings: ${parsed.problems.join("; ")}`);
const settings = parsed;
const version: string = JSON.parse(await Deno.readTextFile(`${HOME}/deno.json`)).version;

const generation = await keyedGeneration(`${RUN}/controller/generation.key`);
const instances = new Instances(
  INSTANCES,
  supervisedBy(RCLONE_SERVICE),
  dirtyMarks(settings.stateDir),
  (socket) => rcloneControl(socket, RCLONE_TIMEOUT_MS),
  log,
);

// What a predecessor that was killed has left running.
await instances.find(`${RCLONE_SERVICE}/instance`);

let state: DesiredState = { destinations: [], networks: [], problems: [] };
let bundle: Bundle = renderBundle(state, generation);
/** the same, but for the moment of a switch: HAProxy's new worker asks about what is in the new one */
let offered: Bundle = bundle;
/** what HAProxy runs with, as text; undefined where that is not known, as after a restart of the controller */
let applied: string | undefined;
let refused: string | undefined = "not read from Redis yet";
let shared: readonly SharedUuid[] = [];
let redisTrouble: string | undefined = "not connected yet";
let sequence = Date.now();

const redis = redisClient({
  address: settings.redisReplicaAddress,
  user: settings.redisUser,
  password: settings.redisPassword,
});
const subscriber = redis.duplicate();
let toldRedisTrouble = false;
for (const client of [redis, subscriber]) {
  client.on("error", (error: Error) => {
    redisTrouble = error.message || error.name;
    // Once, not at every attempt.
    if (!toldRedisTrouble) {
      log(
        `Redis at ${settings.redisReplicaAddress} is away (${redisTrouble}): what runs is kept; waiting for it`,
      );
    }
    toldRedisTrouble = true;
  });
}
redis.on("ready", () => {
  redisTrouble = undefined;
  if (toldRedisTrouble) log(`Redis at ${settings.redisReplicaAddress} is back`);
  toldRedisTrouble = false;
  changed("connected to Redis");
  void tellSharedUuids();
});

// Many changes at once lead to one comparison: while one runs, the next is only noted.
let reconciling: Promise<void> | undefined;
let pending: string | undefined;
function changed(reason: string): void {
  pending = reason;
  reconciling ??= (async () => {
    while (pending !== undefined) {
      const why: string = pending;
      pending = undefined;
      await reconcile(why).catch((error) => refuse(`Cannot compare with Redis: ${(error as Error).message}`));
    }
    reconciling = undefined;
  })();
}

/** Keeps what runs, and says why: in the status as long as it is so, in the log once. */
function refuse(because: string): void {
  if (because !== refused) log(`${because}. What ran before goes on.`);
  refused = because;
}

async function reconcile(reason: string): Promise<void> {
  if (!redis.isReady) return;
  state = desiredState(await readStoredState(redis, settings.nodeId), {
    clusterNetwork: settings.clusterNetwork,
    localFolder: LOCAL_REPOSITORIES,
  });
  const candidate = renderBundle(state, generation);
  instances.adopt(candidate.instances);
  if (applied === undefined) await instances.heartbeat();
  const text = JSON.stringify(candidate.haproxy);
  if (text !== applied) {
    offered = candidate;
    const problem = await apply(candidate, reason);
    if (problem !== undefined) {
      offered = bundle;
      // It may be HAProxy that is just being started, and not what Redis holds.
      setTimeout(() => changed("trying again"), TRY_AGAIN_MS);
      return refuse(`Cannot apply what Redis holds: ${problem}`);
    }
    applied = text;
  }
  bundle = offered = candidate;
  if (state.problems.length > 0) refuse(state.problems.join("; "));
  else refused = undefined;
  await retireOldInstances();
}

function tellSharedUuids(): Promise<void> {
  return findSharedUuids().catch((error) => log(`Cannot look for shared uuids: ${(error as Error).message}`));
}

/** Looks for uuids that several modules have, and tells of each new one. */
async function findSharedUuids(): Promise<void> {
  if (!redis.isReady) return;
  const found = await readSharedUuids(redis);
  for (const { uuid, modules } of found) {
    if (shared.some((known) => known.uuid === uuid && known.modules.join() === modules.join())) continue;
    log(
      `${
        modules.map((id) => `module/${id}`).join(" and ")
      } have the same uuid ${uuid}: each may add to the same repositories`,
    );
  }
  shared = found;
}

/** Makes HAProxy run with the candidate. Returns why it does not; then it runs with what it had before. */
async function apply(candidate: Bundle, reason: string): Promise<string | undefined> {
  const before = await Deno.readLink(CURRENT);
  const path = await writeBundle(BUNDLES, String(++sequence), candidate);
  const objection = await checkCandidate(`${HOME}/gateway/haproxy/base.cfg`, path);
  if (objection !== undefined) {
    await Deno.remove(path, { recursive: true });
    return `HAProxy refuses it: ${objection}`;
  }
  await switchLink(CURRENT, path);
  const failure = await reloadHaproxy(HAPROXY_MASTER_SOCKET).catch((error) => (error as Error).message);
  if (failure !== undefined) {
    await switchLink(CURRENT, before);
    await Deno.remove(path, { recursive: true });
    return `HAProxy's reload failed: ${failure}`;
  }
  await Deno.remove(before, { recursive: true });
  log(
    `HAProxy reloaded (${reason}): ${candidate.instances.length} destinations served, ${candidate.notServed.size} not`,
  );
  for (const [id, because] of candidate.notServed) log(`destination ${id} is not served: ${because}`);
  return undefined;
}

/** Ends what belongs to earlier configurations, once no transfer on them is left. */
async function retireOldInstances(): Promise<void> {
  const keep = new Set(bundle.instances.map(({ name }) => name));
  if (await oldWorkers(HAPROXY_MASTER_SOCKET).catch(() => 1) === 0) await instances.retire(keep);
}

async function status(): Promise<GatewayStatus> {
  const running = new Map(
    bundle.instances.map(({ destination, name }) => [destination, instances.state(name)]),
  );
  return {
    version,
    node: settings.nodeId,
    authorization: await authorization(AUTHZ_SOCKET),
    sharedUuids: shared,
    redis: redisTrouble === undefined ? { state: "connected" } : { state: "away", because: redisTrouble },
    ...(refused === undefined ? {} : { configuration: refused }),
    destinations: state.destinations.map(({ id, name, provider }) => {
      const known = { id, name, provider };
      const because = bundle.notServed.get(id);
      if (because !== undefined) return { ...known, state: "not-served", because };
      const now = running.get(id) ?? { kind: "idle" };
      return now.kind === "failing"
        ? { ...known, state: now.kind, because: now.because, since: new Date(now.since).toISOString() }
        : { ...known, state: now.kind };
    }),
  };
}

await Deno.remove(KEEPER_SOCKET).catch(() => {/* no predecessor left one */});
const keeper = Deno.serve({ path: KEEPER_SOCKET, onListen() {} }, keeperApp(() => offered, instances).fetch);
const { host, port } = splitAddress(settings.healthAddress);
const pages = healthApp(status).route(
  "/",
  metricsApp({
    status,
    sidecar: () => askSocket(AUTHZ_SOCKET, "/metrics"),
    haproxy: () => askSocket(HAPROXY_METRICS_SOCKET, "/metrics?scope=global&scope=frontend"),
    usage: () => haproxyUsage(HAPROXY_ADMIN_SOCKET),
  }),
);
const health = Deno.serve({ hostname: host, port, onListen() {} }, pages.fetch);

redis.connect().catch(() => {/* told by the "error" event, tried again by the client */});
subscriber.connect().catch(() => {/* likewise */});
subscriber.on("ready", () => {
  Promise.all([
    subscriber.subscribe(CHANNELS.destinationChanged, () => changed("a destination changed")),
    subscriber.subscribe(CHANNELS.aclChanged, () => void tellSharedUuids()),
  ])
    .catch((error) => log(`Cannot subscribe to events (${error.message}); changes are seen within 30 s`));
});
setInterval(() => {
  changed("periodic comparison");
  void tellSharedUuids();
}, COMPARE_EVERY_MS);
setInterval(
  () => void instances.heartbeat().catch((error) => log(`Cannot mark: ${error.message}`)),
  HEARTBEAT_EVERY_MS,
);

Deno.addSignalListener("SIGTERM", async () => {
  // Who still waits for a storage to appear is cut off: HAProxy, which asked, has ended before.
  const cutOff = new Promise((resolve) => setTimeout(resolve, SHUTDOWN_MS));
  await Promise.race([Promise.all([keeper.shutdown(), health.shutdown()]), cutOff]);
  Deno.exit(0);
});
