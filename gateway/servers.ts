import type { Hono } from "hono";
import { haproxyUsage } from "./apply/haproxy_usage.ts";
import { askSocket } from "./ask_socket.ts";
import { splitAddress } from "./domain/address.ts";
import type { GatewayStatus } from "./health.ts";
import { metricsApp } from "./metrics.ts";
import {
  AUTHZ_SOCKET,
  CONTROL_SOCKET,
  HAPROXY_ADMIN_SOCKET,
  HAPROXY_METRICS_SOCKET,
  KEEPER_SOCKET,
} from "./paths.ts";
import { serveSocket } from "./serve_socket.ts";

const SHUTDOWN_MS = 2000;

/** Whom the controller answers: HAProxy, other nodes, the operator, and people and monitoring. Returns how to end that. */
export async function servers(parts: {
  readonly keeper: Hono;
  readonly control: Hono;
  readonly operator: Hono;
  readonly operatorSocket: string;
  readonly health: Hono;
  /** `host:port` */
  readonly healthAddress: string;
}): Promise<() => Promise<void>> {
  const { host, port } = splitAddress(parts.healthAddress);
  const all = [
    await serveSocket(KEEPER_SOCKET, parts.keeper.fetch),
    await serveSocket(CONTROL_SOCKET, parts.control.fetch),
    await serveSocket(parts.operatorSocket, parts.operator.fetch),
    Deno.serve({ hostname: host, port, onListen() {} }, parts.health.fetch),
  ];
  return async () => {
    // Who still waits for a storage to appear is cut off: HAProxy, which asked, has ended before.
    const cutOff = new Promise<void>((resolve) => setTimeout(resolve, SHUTDOWN_MS));
    await Promise.race([Promise.all(all.map((each) => each.shutdown())), cutOff]);
  };
}

/** The gateway's metrics, its parts' own among them. */
export function metrics(status: () => Promise<GatewayStatus>): Hono {
  return metricsApp({
    status,
    sidecar: () => askSocket(AUTHZ_SOCKET, "/metrics"),
    haproxy: () => askSocket(HAPROXY_METRICS_SOCKET, "/metrics?scope=global&scope=frontend"),
    usage: () => haproxyUsage(HAPROXY_ADMIN_SOCKET),
  });
}
