import type { NodeStatus } from "../../gateway/health.ts";
import type { GatewayStatus } from "../../gateway/health.ts";
import { printJson, printTable } from "./output.ts";

/** Prints every node, and each destination as each node sees it. Exit code 1 where something is wrong with one of them. */
export function printCluster(nodes: readonly NodeStatus[], { json }: { json?: true }): void {
  if (nodes.some((node) => !("status" in node) || troubles(node.status).length > 0)) Deno.exitCode = 1;
  if (json) return printJson(nodes);
  printTable(
    ["NODE", "ADDRESS", "VERSION", "STATE", "BECAUSE"],
    nodes.map((node) => {
      const { address = "this node" } = node;
      if (!("status" in node)) return [node.node, node.address ?? "", "", "not reached", node.because];
      const because = troubles(node.status);
      const { version } = node.status;
      return [node.node, address, version, because.length === 0 ? "well" : "troubled", because.join("; ")];
    }),
  );
  console.log();
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
