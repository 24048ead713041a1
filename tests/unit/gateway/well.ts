import type { GatewayStatus } from "../../../gateway/health.ts";

/** The status of a gateway with which nothing is wrong. */
export const WELL: GatewayStatus = {
  version: "0.1.0",
  node: "1",
  authorization: { state: "deciding" },
  redis: { state: "connected" },
  replica: { role: "leader", maxSeconds: 30, restoreGrants: "in-force" },
  destinations: [],
  peers: [],
  unreachable: [],
  sharedUuids: [],
};
