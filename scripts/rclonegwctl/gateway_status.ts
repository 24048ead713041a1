import type { NodeStatus } from "../../gateway/health.ts";
import type { GatewayStatus } from "../../gateway/health.ts";

/** How the running gateway of this node says it is. Throws where it does not answer within `timeoutMs`. */
export function gatewayStatus(healthAddress: string, timeoutMs: number): Promise<GatewayStatus> {
  return ask(healthAddress, "status", timeoutMs);
}

/** The same of every node, as this one sees them. */
export function nodeStatuses(healthAddress: string, timeoutMs: number): Promise<NodeStatus[]> {
  return ask(healthAddress, "cluster", timeoutMs);
}

async function ask<T>(healthAddress: string, path: string, timeoutMs: number): Promise<T> {
  const response = await fetch(`http://${healthAddress}/${path}`, { signal: AbortSignal.timeout(timeoutMs) });
  return await response.json();
}
