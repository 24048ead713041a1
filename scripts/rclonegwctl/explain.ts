import { Command } from "commander";
import { explain } from "../../authz/explain.ts";
import { redisFacts } from "../../authz/facts.ts";
import { MESSAGES } from "../../authz/message.ts";
import { type RawRequest, REST_ACCEPT } from "../../authz/target.ts";
import type { Known } from "../../gateway/domain/known.ts";
import type { Decision } from "../../gateway/domain/decision.ts";
import { RedisClient } from "../../gateway/redis/client.ts";
import { VouchedReads } from "../../authz/vouched_reads.ts";
import { FactsUnavailable } from "../../authz/vouching.ts";
import { failed } from "./failure.ts";
import { gatewayStatus } from "./gateway_status.ts";
import { printFacts, printJson } from "./output.ts";
import { readSettings } from "./session.ts";

/** What `--accept rest` stands for. */
const REST = REST_ACCEPT;
const CONNECTED_WITHIN_MS = 3000;

export function explainCommand(): Command {
  return new Command("explain")
    .description(
      "What would happen to a request, step by step, with what Redis holds now. Exit code 1 if it is refused.",
    )
    .argument("<identity>", "node/<n> or module/<id>; its secret is taken to be right")
    .argument("<method>", "GET, POST, …")
    .argument("<path>", "as in the request, query included: /<destination>/<app type>/<module uuid>/…")
    .option(
      "--accept <type>",
      `the Accept header; "rest" stands for ${REST} (default: none, which means WebDAV)`,
    )
    .option("--depth <depth>", "WebDAV's Depth header: 0, 1 or infinity")
    .option("--length <bytes>", "Content-Length", "0")
    .option("--json", "print JSON")
    .action(run);
}

async function run(
  name: string,
  method: string,
  path: string,
  options: { accept?: string; depth?: string; length: string; json?: true },
): Promise<void> {
  const settings = readSettings();
  // Only the running gateway knows when its Redis has heard the leader. Without it, what is read is told as it is.
  const replica = (await gatewayStatus(settings.healthAddress, 2000).catch(() => undefined))?.replica;
  const recent = replica?.restoreGrants !== "refused";
  const reads = new VouchedReads(
    new RedisClient({
      address: settings.redisReplicaAddress,
      user: settings.authzRedisUser,
      password: settings.authzRedisPassword,
    }, { trackReads: true }),
  );
  reads.start();
  try {
    for (
      const began = performance.now();
      !reads.vouched && performance.now() - began < CONNECTED_WITHIN_MS;
    ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { steps, decision } = await explain(
      name,
      {
        method,
        target: path,
        accept: options.accept === "rest" ? REST : options.accept,
        depth: options.depth,
        destination: undefined,
        length: options.length,
      },
      redisFacts(reads, () => recent),
      (request) => seen(settings.healthAddress, request),
    );
    if (!decision.allow) Deno.exitCode = 1;
    if (options.json) return printJson({ steps, decision });
    printFacts([...steps.map(({ step, found }) => [step, found] as const), ["decision", tell(decision)]]);
  } catch (error) {
    if (!(error instanceof FactsUnavailable)) throw error;
    failed(
      `Cannot explain: ${error.message} (Redis at ${settings.redisReplicaAddress}). A request would get 503.`,
    );
  } finally {
    reads.stop();
  }
}

/** What the running gateway has seen; undefined where it does not answer. */
async function seen(healthAddress: string, { method, target }: RawRequest): Promise<Known | undefined> {
  try {
    const response = await fetch(`http://${healthAddress}/known?${new URLSearchParams({ method, target })}`, {
      signal: AbortSignal.timeout(2000),
    });
    const { lockOwner, pruneRunning } = await response.json() as {
      lockOwner?: string;
      pruneRunning: boolean;
    };
    return response.ok ? { lockOwner, pruneRunning } : undefined;
  } catch {
    return undefined;
  }
}

function tell(decision: Decision): string {
  if (!decision.allow) {
    return `refused with ${decision.status}: ${decision.reason} (${MESSAGES[decision.reason]})`;
  }
  const { to } = decision;
  return `allowed: ${decision.reason}, answered by ${
    to.kind === "rclone" ? `${to.server} of rclone` : "the gateway itself"
  }`;
}
