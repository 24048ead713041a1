import type { GatewayStatus } from "../../gateway/health.ts";

/** How the running gateway of this node says it is. Throws where it does not answer within `timeoutMs`. */
export async function gatewayStatus(healthAddress: string, timeoutMs: number): Promise<GatewayStatus> {
  const response = await fetch(`http://${healthAddress}/status`, { signal: AbortSignal.timeout(timeoutMs) });
  return await response.json();
}
