import { fillCluster } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { podman } from "./podman.ts";
import { startRedis, type TestRedis } from "./redis.ts";

/** A real leader and a real replica of it. */
export type LeaderAndReplica = AsyncDisposable & {
  readonly leader: TestRedis;
  readonly replica: TestRedis;
  /** the gateway's settings for the replica's node */
  readonly settings: Readonly<Record<string, string>>;
};

/**
 * The leader has the cluster's data and sends a PING each second, the replica has copied all of it. The replica gives a
 * leader up that was silent for `replTimeoutS`.
 */
export async function startLeaderAndReplica(replTimeoutS = 60): Promise<LeaderAndReplica> {
  await using stack = new AsyncDisposableStack();
  const leader = stack.use(await startRedis({ settings: ["repl-ping-replica-period 1"] }));
  await fillCluster(leader.client);
  const replica = stack.use(
    await startRedis({ port: 6380, replicaOf: leader, settings: [`repl-timeout ${replTimeoutS}`] }),
  );
  await eventually("the replica has copied all", async () => await replica.client.dbSize() > 0);
  const all = stack.move();
  return {
    leader,
    replica,
    settings: { REDIS_ADDRESS: leader.address, REDIS_REPLICA_ADDRESS: replica.address },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Stops a Redis, which then accepts connections and says nothing, until the end of the scope. */
export async function stopped(redis: TestRedis): Promise<Disposable> {
  const pid = await processOf(redis);
  Deno.kill(pid, "SIGSTOP");
  return { [Symbol.dispose]: () => Deno.kill(pid, "SIGCONT") };
}

/** Lets a Redis store all that it holds, for when it is started again. */
export async function stored({ client }: TestRedis): Promise<void> {
  await eventually(
    "it answers",
    async () => client.isReady && await client.sendCommand(["SAVE"]) !== undefined,
  );
}

/** Kills a Redis, and returns when it is gone. */
export async function killed(redis: TestRedis): Promise<void> {
  Deno.kill(await processOf(redis), "SIGKILL");
  await podman("wait", redis.container.name);
}

/** Starts it again, with what it had stored. */
export async function startedAgain(redis: TestRedis): Promise<void> {
  await podman("start", redis.container.name);
  await eventually("it is back", async () => redis.client.isReady && await redis.client.dbSize() > 0);
}

async function processOf({ container }: TestRedis): Promise<number> {
  const [first] = await container.processes();
  if (first === undefined) throw new Error(`${container.name} has no process`);
  return first.pid;
}
