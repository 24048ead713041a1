import { Hono } from "hono";
import type { Peer } from "./domain/peer.ts";
import type { ReplicaStatus } from "./domain/replica.ts";
import type { CertificateStatus } from "./tls/certificates.ts";
import type { SharedUuid } from "./redis/shared_uuids.ts";

/** One destination, as `rclonegwctl status` shows it. Holds nothing secret: whoever is on this host can read it. */
export type DestinationStatus = {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  /** idle: not used yet, or not since its configuration changed */
  readonly state: "idle" | "starting" | "serving" | "failing" | "elsewhere" | "not-served";
  readonly because?: string;
  /** the node over which this node's clients reach it meanwhile */
  readonly overNode?: string;
  /** ISO 8601 */
  readonly since?: string;
  /** until when it is not tried again, ISO 8601; after that with the next request */
  readonly retryAt?: string;
};

/** The gateway of this node, as its controller sees it. */
export type GatewayStatus = {
  readonly version: string;
  readonly node: string;
  /** whether the sidecar can decide about requests */
  readonly authorization: { readonly state: "deciding" | "unavailable"; readonly because?: string };
  readonly redis: { readonly state: "connected" | "away"; readonly because?: string };
  /** how the Redis that the sidecar reads stands to the leader's */
  readonly replica: ReplicaStatus;
  /** the certificate that is served; absent without TLS_CERT */
  readonly certificate?: CertificateStatus;
  /** why what Redis holds is not what runs; absent where the running configuration is what Redis holds */
  readonly configuration?: string;
  readonly destinations: readonly DestinationStatus[];
  /** the cluster's other nodes that can be asked, the first ones first */
  readonly peers: readonly Peer[];
  /** those that cannot, since nothing says where they are */
  readonly unreachable: readonly { readonly node: string; readonly because: string }[];
  /** uuids that several modules have: all of these hold the same repositories */
  readonly sharedUuids: readonly SharedUuid[];
};

/** A node as another one sees it: its gateway's status, or why there is none. */
export type NodeStatus =
  & { readonly node: string; readonly address?: string }
  & (
    | { readonly status: GatewayStatus }
    | { readonly because: string }
  );

/**
 * `HEALTH_ADDRESS`: `/healthz` (the process lives), `/readyz` (Redis has been read and every destination is served
 * or idle), `/status` (the same in full, JSON), `/cluster` (that of
 * every node: {@link NodeStatus}), `/known` (what the sidecar has seen: JSON, passed on from it).
 */
export function healthApp(
  status: () => Promise<GatewayStatus>,
  known: (query: string) => Promise<string>,
  cluster: () => Promise<NodeStatus[]> = () => Promise.resolve([]),
): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", async (context) => {
    const now = await status();
    const problems = [
      ...(now.authorization.state === "deciding" ? [] : [`authorization: ${now.authorization.because}`]),
      ...(now.redis.state === "away" ? [`Redis: ${now.redis.because ?? "away"}`] : []),
      ...(now.replica.because === undefined ? [] : [`replica: ${now.replica.because}`]),
      ...(now.certificate?.because === undefined ? [] : [`certificate: ${now.certificate.because}`]),
      ...(now.configuration === undefined ? [] : [`configuration: ${now.configuration}`]),
      ...now.destinations.filter(({ state }) => state === "failing" || state === "not-served")
        .map(({ id, because }) => `destination ${id}: ${because}`),
    ];
    return problems.length === 0 ? context.text("ok\n") : context.text(problems.join("\n") + "\n", 503);
  });
  app.get("/status", async (context) => context.json(await status()));
  app.get("/cluster", async (context) => context.json(await cluster()));
  app.get("/known", async (context) => {
    try {
      return context.body(await known(new URL(context.req.url).search), 200, {
        "content-type": "application/json",
      });
    } catch {
      return context.body(null, 503);
    }
  });
  return app;
}
