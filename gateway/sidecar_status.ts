import { askSocket } from "./ask_socket.ts";
import type { GatewayStatus } from "./health.ts";

type SidecarStatus = Pick<GatewayStatus, "authorization" | "replica">;

/** Asks the sidecar on its socket whether it can decide about requests, and how old what it reads may be. */
export async function sidecarStatus(socket: string, maxSeconds: number): Promise<SidecarStatus> {
  const [authorization, replica] = await Promise.all([
    askSocket(socket, "/readyz").then(
      () => ({ state: "deciding" as const }),
      (error) => ({ state: "unavailable" as const, because: why(error) }),
    ),
    askSocket(socket, "/replica").then(
      (text) => JSON.parse(text) as GatewayStatus["replica"],
      (error) => ({
        role: "unknown" as const,
        maxSeconds,
        restoreGrants: "refused" as const,
        because: why(error),
      }),
    ),
  ]);
  return { authorization, replica };
}

/** Its own words where it answered; otherwise fetch's name for what happened is all there is. */
function why({ name, message }: Error): string {
  return name === "Error" ? message : `the sidecar does not answer (${name})`;
}
