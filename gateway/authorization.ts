import { askSocket } from "./ask_socket.ts";
import type { GatewayStatus } from "./health.ts";

/** Asks the sidecar on its socket whether it can decide about requests. */
export async function authorization(socket: string): Promise<GatewayStatus["authorization"]> {
  try {
    await askSocket(socket, "/readyz");
    return { state: "deciding" };
  } catch (error) {
    const { name, message } = error as Error;
    // Its own words where it answered; otherwise fetch's name for what happened is all there is.
    return {
      state: "unavailable",
      because: name === "Error" ? message : `the sidecar does not answer (${name})`,
    };
  }
}
