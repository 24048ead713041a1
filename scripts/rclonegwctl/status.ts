import { Command } from "commander";
import type { GatewayStatus } from "../../gateway/health.ts";
import { printCluster } from "./cluster_table.ts";
import { failed } from "./failure.ts";
import { gatewayStatus, nodeStatuses } from "./gateway_status.ts";
import { printFacts, printJson, printTable } from "./output.ts";
import { tellReplica } from "./replica.ts";
import { redisClient } from "../../gateway/redis/connection.ts";
import type { Settings } from "../../gateway/settings.ts";
import { within } from "../../gateway/within.ts";
import { readSettings } from "./session.ts";
import { type StandingGrant, standingGrants } from "./standing_grants.ts";

export function statusCommand(): Command {
  return new Command("status")
    .description(
      "How the gateway of this node is: Redis, configuration, each destination. Exit code 1 if something is wrong.",
    )
    .option("--json", "print JSON")
    .option("--cluster", "every node of the cluster, and each destination as each of them sees it")
    .action(status);
}

async function status(options: { json?: true; cluster?: true }): Promise<void> {
  const settings = readSettings();
  const { healthAddress } = settings;
  const noAnswer = (error: Error): never =>
    failed(
      `The gateway of this node does not answer at ${healthAddress} (HEALTH_ADDRESS): ${error.message}. ` +
        `Is it running? systemctl status rclone-gateway, or podman ps`,
    );
  // Nodes that are down take their time.
  if (options.cluster) {
    const nodes = await nodeStatuses(healthAddress, 60_000).catch(noAnswer);
    return printCluster(nodes, await grantsHere(settings), options);
  }
  const now = await gatewayStatus(healthAddress, 5000).catch(noAnswer);
  if (isBad(now)) Deno.exitCode = 1;
  if (options.json) return printJson(now);
  printFacts([
    ["gateway", `version ${now.version} on node ${now.node}`],
    ["authorization", now.authorization.because ?? now.authorization.state],
    ["Redis", now.redis.because === undefined ? now.redis.state : `${now.redis.state}: ${now.redis.because}`],
    ["replica", tellReplica(now.replica)],
    ["other nodes", now.peers.length === 0 ? "none" : now.peers.map(({ node }) => node).join(", ")],
    ...tellCertificate(now),
    [
      "configuration",
      now.configuration === undefined ? "as Redis holds it" : `kept as it was: ${now.configuration}`,
    ],
  ]);
  for (const { node, because } of now.unreachable) console.log(`node ${node} cannot be asked: ${because}`);
  for (const { uuid, modules } of now.sharedUuids) {
    console.log(`${modules.map((id) => `module/${id}`).join(", ")} share the uuid ${uuid}`);
  }
  console.log();
  printTable(
    ["DESTINATION", "NAME", "STATE", "SINCE", "NOT TRIED BEFORE", "BECAUSE"],
    now.destinations.map(({ id, name, state, because, since, retryAt, overNode }) => [
      id,
      name,
      overNode === undefined ? state : `${state}, over node ${overNode}`,
      seconds(since),
      seconds(retryAt),
      because ?? "",
    ]),
  );
}

/** A time as people read it: milliseconds only make it longer. */
function seconds(time: string | undefined): string {
  return time?.replace(/\.[0-9]+Z$/, "Z") ?? "";
}

/** Without TLS there is nothing to say. */
function tellCertificate({ certificate }: GatewayStatus): [name: string, text: string][] {
  if (certificate === undefined) return [];
  return [["certificate", certificate.because ?? `valid until ${seconds(certificate.expires)}`]];
}

/** The grants as this node's own Redis holds them: with or without the leader. */
async function grantsHere(
  { redisReplicaAddress: address, redisUser: user, redisPassword: password }: Settings,
): Promise<StandingGrant[] | { because: string }> {
  const redis = redisClient({ address, user, password }, { once: true });
  redis.on("error", () => {/* thrown by what was asked */});
  try {
    return (await within(redis.connect().then(() => standingGrants(redis)), 5000))?.value ??
      { because: `Redis at ${address} is silent` };
  } catch (error) {
    return { because: `Redis at ${address}: ${(error as Error).message}` };
  } finally {
    if (redis.isOpen) redis.destroy();
  }
}

/** Whether something is wrong with this node. */
function isBad(now: GatewayStatus): boolean {
  return now.authorization.state !== "deciding" || now.redis.state !== "connected" ||
    now.replica.because !== undefined || now.configuration !== undefined || now.unreachable.length > 0 ||
    now.certificate?.because !== undefined ||
    now.destinations.some(({ state }) => state === "failing" || state === "not-served");
}
