import type { GatewayStatus, NodeStatus } from "../../gateway/health.ts";
import { note, printJson, printTable } from "./output.ts";
import { printGrants, type StandingGrant } from "./standing_grants.ts";

/**
 * Prints every node, each destination as each node sees it, and the restore grants, or why they are not known. Exit code 1 where
 * something is wrong with one of them.
 */
export function printCluster(
  nodes: readonly NodeStatus[],
  grants: readonly StandingGrant[] | { readonly because: string },
  { json }: { json?: true },
): void {
  const known = !("because" in grants);
  if (!known || nodes.some((node) => !("status" in node) || troubles(node.status).length > 0)) {
    Deno.exitCode = 1;
  }
  if (!known) note(`The restore grants cannot be read: ${grants.because}`);
  if (json) return printJson({ nodes, ...known ? { grants } : {} });
  printNodes(nodes);
  console.log();
  printDestinations(nodes);
  if (!known) return;
  console.log();
  if (grants.length === 0) console.log("No restore grants stand.");
  else printGrants(grants);
}

function printNodes(nodes: readonly NodeStatus[]): void {
  printTable(
    ["NODE", "ADDRESS", "VERSION", "REPLICA", "STATE", "BECAUSE"],
    nodes.map((node) => {
      const { address = "this node" } = node;
      if (!("status" in node)) return [node.node, node.address ?? "", "", "", "not reached", node.because];
      const because = troubles(node.status);
      const { version, replica } = node.status;
      return [
        node.node,
        address,
        version,
        lag(replica),
        because.length === 0 ? "well" : "troubled",
        because.join("; "),
      ];
    }),
  );
}

function printDestinations(nodes: readonly NodeStatus[]): void {
  const seen = nodes.flatMap((node) =>
    "status" in node
      ? node.status.destinations.map((destination) => ({ node: node.node, ...destination }))
      : []
  );
  const known = new Map(seen.map(({ id, name }) => [id, name]));
  printTable(
    ["DESTINATION", "NAME", "NODE", "STATE", "BECAUSE"],
    [...known].flatMap(([id, name]) =>
      seen.filter((each) => each.id === id).map(({ node, state, overNode, because }) => [
        id,
        name,
        node,
        overNode === undefined ? state : `${state}, over node ${overNode}`,
        because ?? "",
      ])
    ),
  );
}

/** How long ago a node's Redis has heard its leader. */
function lag({ role, link, heardSecondsAgo }: GatewayStatus["replica"]): string {
  if (role !== "replica") return role;
  const heard = heardSecondsAgo === undefined ? "not heard yet" : `heard ${heardSecondsAgo} s ago`;
  return link === "up" ? heard : `DOWN, ${heard}`;
}

/** What is wrong with a node beside its destinations, which have a table of their own; and how many of those are troubled. */
function troubles(now: GatewayStatus): string[] {
  const bad = now.destinations.filter(({ state }) => state === "failing" || state === "not-served").length;
  return [
    ...(now.authorization.state === "deciding" ? [] : [`authorization: ${now.authorization.because}`]),
    ...(now.redis.state === "connected" ? [] : [`Redis: ${now.redis.because ?? "away"}`]),
    ...(now.replica.because === undefined ? [] : [`replica: ${now.replica.because}`]),
    ...(now.certificate?.because === undefined ? [] : [`certificate: ${now.certificate.because}`]),
    ...(now.configuration === undefined ? [] : [`configuration: ${now.configuration}`]),
    ...(bad === 0 ? [] : [`${bad} of ${now.destinations.length} destinations`]),
  ];
}
