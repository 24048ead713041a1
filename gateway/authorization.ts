import type { GatewayStatus } from "./health.ts";

const TIMEOUT_MS = 2000;

/** Asks the sidecar on its socket whether it can decide about requests. */
export async function authorization(socket: string): Promise<GatewayStatus["authorization"]> {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
  try {
    const response = await fetch("http://authz/readyz", { client, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const because = await response.text();
    return response.ok ? { state: "deciding" } : { state: "unavailable", because };
  } catch (error) {
    return { state: "unavailable", because: `the sidecar does not answer (${(error as Error).name})` };
  } finally {
    client.close();
  }
}
