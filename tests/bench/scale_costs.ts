import { aclLine, DESTINATION, NODE1, type TestIdentity } from "../integration/harness/cluster.ts";
import { announce } from "../integration/harness/destinations.ts";
import { eventually } from "../integration/harness/eventually.ts";
import { GATEWAY } from "../integration/harness/gateway.ts";
import type { Container } from "../integration/harness/podman.ts";
import type { TestRedis } from "../integration/harness/redis.ts";
import { request } from "../integration/harness/request.ts";
import { processesOf, timed } from "./processor_time.ts";

const IDLE_SECONDS = 60;
/** After a change: until what it causes is over, too. */
const AFTER_MS = 3000;
const ROUNDS = 5;

/** What a gateway does in a minute in which nobody asks for anything. */
export type Idle = {
  readonly commands: number;
  /** what Redis sends to it */
  readonly mib: number;
  /** processor milliseconds by part */
  readonly milliseconds: Readonly<Record<string, number>>;
};
/** What one change costs: medians of {@link ROUNDS}. */
export type Change = {
  readonly what: string;
  /** until it counts for who asks */
  readonly countsAfterMs: number;
  /** what Redis sends to the gateway */
  readonly mib: number;
  /** of all the gateway's processes, in milliseconds */
  readonly processorMs: number;
};

/** Two comparisons fall into a minute. */
export async function idle(redis: TestRedis, gateway: Container): Promise<Idle> {
  const before = await traffic(redis);
  const { milliseconds } = await timed(await processesOf(gateway), () => pause(IDLE_SECONDS * 1000));
  const after = await traffic(redis);
  return { commands: after.commands - before.commands, mib: after.mib - before.mib, milliseconds };
}

/** A module's secret is revoked; a destination is added; a node is added. `run` is the gateway's own `/run/gateway`. */
export async function changes(redis: TestRedis, gateway: Container, run: string): Promise<Change[]> {
  const module: TestIdentity = { name: "module/changing1", secret: "a secret that changes", uuid: "" };
  const id = (round: number): string => `5a1c2d3e-0000-4000-8000-2${String(round).padStart(11, "0")}`;
  const status = async (as: TestIdentity, destination: string): Promise<number> =>
    (await request("GET", `${GATEWAY}/${destination}/x/`, { as, rest: false })).status;
  return [
    await change("a secret is revoked", redis, gateway, {
      before: async () => {
        await redis.client.sAdd("cluster/acls", aclLine(module));
        await eventually("it is known", async () => await status(module, DESTINATION) === 403);
      },
      make: async () => void await redis.client.sRem("cluster/acls", aclLine(module)),
      counts: async () => await status(module, DESTINATION) === 401,
    }),
    await change("a destination is added", redis, gateway, {
      before: () => Promise.resolve(),
      make: async (round) => {
        await redis.client.hSet(`cluster/backup_repository/${id(round)}`, {
          name: "new",
          provider: "rclone",
        });
        await redis.client.hSet(
          "private/nodes/backup_destination/rclone_conf",
          id(round),
          `[${id(round)}]\ntype=webdav\nurl=http://127.0.0.1:9\nvendor=rclone\n`,
        );
        await announce(redis.client, id(round));
      },
      counts: async (round) => await status(NODE1, id(round)) !== 403,
    }),
    await change("a node is added", redis, gateway, {
      before: () => Promise.resolve(),
      make: async (round) => {
        const node = { name: `node/${5000 + round}`, secret: "secret", uuid: "" };
        await redis.client.hSet(`node/${5000 + round}/vpn`, "ip_address", `10.7.0.${round + 1}`);
        await redis.client.sAdd("cluster/acls", aclLine(node));
        await redis.client.publish("cluster/event/acl-changed", "{}");
      },
      counts: async (round) => (await backends(run)).includes(`peer.10.7.0.${round + 1}`),
    }),
  ];
}

async function change(
  what: string,
  redis: TestRedis,
  gateway: Container,
  { before, make, counts }: {
    before: () => Promise<void>;
    make: (round: number) => Promise<void>;
    counts: (round: number) => Promise<boolean>;
  },
): Promise<Change> {
  const rounds: Omit<Change, "what">[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await before();
    await pause(AFTER_MS);
    const from = await traffic(redis);
    const { value: countsAfterMs, milliseconds } = await timed(await processesOf(gateway), async () => {
      await make(round);
      const made = performance.now();
      await eventually(what, () => counts(round), 60_000);
      const took = performance.now() - made;
      await pause(AFTER_MS);
      return took;
    });
    rounds.push({
      countsAfterMs,
      mib: (await traffic(redis)).mib - from.mib,
      processorMs: Object.values(milliseconds).reduce((sum, each) => sum + each, 0),
    });
  }
  const median = (of: keyof typeof rounds[number]): number =>
    rounds.map((round) => round[of]).sort((a, b) => a - b)[ROUNDS >> 1] ?? NaN;
  return {
    what,
    countsAfterMs: median("countsAfterMs"),
    mib: median("mib"),
    processorMs: median("processorMs"),
  };
}

/** What Redis has done since it started, these questions aside: they are the same two each time. */
async function traffic({ client }: TestRedis): Promise<{ commands: number; mib: number }> {
  const stats = await client.info("stats");
  const figure = (name: string): number => Number(new RegExp(`^${name}:([0-9]+)`, "m").exec(stats)?.[1]);
  return { commands: figure("total_commands_processed"), mib: figure("total_net_output_bytes") / (1 << 20) };
}

/** The backends that HAProxy has now. The link is to a path in the container. */
async function backends(run: string): Promise<string> {
  const current = (await Deno.readLink(`${run}/current`)).replace("/run/gateway", run);
  return await Deno.readTextFile(`${current}/backends.cfg`);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
