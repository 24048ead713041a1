import { collectGarbage } from "../gateway/collect_garbage.ts";
import { parseIdentity } from "../gateway/domain/identity.ts";
import { RedisClient } from "../gateway/redis/client.ts";
import { Announcer } from "./announcer.ts";
import { authzApp } from "./app.ts";
import { redisFacts } from "./facts.ts";
import { ReplicaLink } from "./replica_link.ts";
import { VouchedReads } from "./vouched_reads.ts";
import { VOUCH_MS } from "./vouching.ts";
import { witness } from "./witness.ts";

// Started by gateway/services/authz/run, with settings that boot.ts has validated.
const socket = Deno.env.get("AUTHZ_SOCKET") ?? "/run/gateway/authz/authz.sock";
const address = Deno.env.get("AUTHZ_REDIS_ADDRESS") ?? "127.0.0.1:6379";

const log = (message: string): void => console.error(`authz: ${message}`);

const client = new RedisClient(
  {
    address,
    user: Deno.env.get("AUTHZ_REDIS_USER") ?? "",
    password: Deno.env.get("AUTHZ_REDIS_PASSWORD") ?? "",
  },
  { trackReads: true, silentAfterMs: 3000 },
);
const reads = new VouchedReads(client);
const replica = new ReplicaLink(client, Number(Deno.env.get("AUTHZ_MAX_REPLICA_LAG") ?? 30));
const facts = redisFacts(reads, () => replica.recent);
const announcer = new Announcer(() => ({ generation: reads.generation, confirmedAt: reads.confirmedAt }));
reads.onNews = () => void announcer.announce();
reads.start();
replica.start();
reportConnection();
collectGarbage();

// A socket left by a predecessor that was killed would make the bind fail.
await Deno.remove(socket).catch((error) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
});
const server = Deno.serve(
  { path: socket, onListen: () => log(`answering on ${socket}`) },
  authzApp({
    facts,
    // Whoever has not heard of it, as HAProxy's worker before a reload, uses nothing any more that is older than this.
    renew: () => {
      reads.renew();
      return new Promise((resolve) => setTimeout(resolve, VOUCH_MS));
    },
    witness: witness(Deno.env.get("AUTHZ_LOCKS") ?? "/var/lib/rclone-gateway/locks"),
    report: log,
    audit: (line) => console.log(line),
    replica: () => replica.status(),
    trouble: () => reads.vouched ? reads.refusal : `Redis: ${reads.trouble ?? "silent"}`,
  }).fetch,
);

Deno.addSignalListener("SIGTERM", async () => {
  await server.shutdown();
  reads.stop();
  replica.stop();
  Deno.exit(0);
});

/** Reads one of each kind, so that what this user of Redis may not do is known before somebody is refused for it. */
async function tryRights(): Promise<void> {
  try {
    await facts.account("node/1");
    const module = parseIdentity("module/any1");
    if (module?.kind === "module") await facts.grants(module);
  } catch (error) {
    log(`Cannot read what is needed: ${(error as Error).message}`);
  }
}

/** One line when Redis goes and one when it comes, not one for each attempt; the same for its leader. */
function reportConnection(): void {
  let told: boolean | undefined;
  let believed = true;
  const tellReplica = (): void => {
    if (!reads.vouched || replica.recent === believed) return;
    believed = replica.recent;
    log(
      believed
        ? "Restore grants are believed again"
        : `Restore grants are not believed: ${replica.status().because}; what needs one gets 503`,
    );
  };
  setInterval(() => {
    tellReplica();
    const up = reads.vouched;
    if (up === told || (told === undefined && !up && performance.now() < 2000)) return;
    told = up;
    if (up) {
      log(`Redis at ${address} answers`);
      void tryRights();
    } else {log(
        `Redis at ${address} does not answer (${
          reads.trouble ?? "silent"
        }): every request gets 503 until it does`,
      );}
  }, 250);
}
