import { Hono } from "hono";
import type { ReplicaStatus } from "./domain/replica.ts";
import type { GatewayStatus } from "./health.ts";

/** Where the parts of the metrics come from; each may fail on its own, and is then left out and named. */
export type MetricsSources = {
  readonly status: () => Promise<GatewayStatus>;
  /** the sidecar's own, in Prometheus's text format */
  readonly sidecar: () => Promise<string>;
  /** HAProxy's own, in the same format */
  readonly haproxy: () => Promise<string>;
  readonly usage: () => Promise<readonly Usage[]>;
};

/** What one identity has moved to and from one destination since HAProxy last began to count. */
export type Usage = {
  readonly destination: string;
  readonly identity: string;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
};

const STATES = ["idle", "starting", "serving", "failing", "elsewhere", "not-served"] as const;

/** `GET /metrics`, Prometheus's text format (version 0.0.4). */
export function metricsApp(sources: MetricsSources): Hono {
  const app = new Hono();
  app.get("/metrics", async (context) => {
    const missing: string[] = [];
    const part = async (name: string, text: Promise<string>): Promise<string> => {
      try {
        return await text;
      } catch {
        missing.push(name);
        return "";
      }
    };
    const parts = await Promise.all([
      part("controller", sources.status().then(ofStatus)),
      part("usage", sources.usage().then(ofUsage)),
      part("sidecar", sources.sidecar()),
      part("haproxy", sources.haproxy()),
    ]);
    const absent = family(
      "rclone_gateway_metrics_missing",
      "gauge",
      "Parts of the gateway whose metrics could not be read (1).",
      missing.map((name) => [`part="${name}"`, 1]),
    );
    return context.text(parts.join("") + absent, 200, { "content-type": "text/plain; version=0.0.4" });
  });
  return app;
}

function ofStatus(status: GatewayStatus): string {
  return family("rclone_gateway_info", "gauge", "The gateway's version and node.", [
    [`version="${escape(status.version)}",node="${escape(status.node)}"`, 1],
  ]) +
    family("rclone_gateway_redis_connected", "gauge", "Whether the controller is connected to Redis.", [
      ["", status.redis.state === "connected" ? 1 : 0],
    ]) +
    ofReplica(status.replica) +
    family(
      "rclone_gateway_certificate_expiry_seconds",
      "gauge",
      "Until when the certificate that is served is valid, in seconds since 1970; absent without TLS.",
      status.certificate?.expires === undefined ? [] : [["", Date.parse(status.certificate.expires) / 1000]],
    ) +
    family("rclone_gateway_configuration_current", "gauge", "Whether what runs is what Redis holds.", [
      ["", status.configuration === undefined ? 1 : 0],
    ]) +
    family(
      "rclone_gateway_destination_state",
      "gauge",
      "The state a destination is in (1).",
      status.destinations.flatMap(({ id, state }) =>
        STATES.map((one): Sample => [`destination="${escape(id)}",state="${one}"`, one === state ? 1 : 0])
      ),
    );
}

const ROLES = ["leader", "replica", "unknown"] as const;

function ofReplica({ role, link, heardSecondsAgo, restoreGrants }: ReplicaStatus): string {
  return family(
    "rclone_gateway_replica_role",
    "gauge",
    "What the Redis that is read here is (1).",
    ROLES.map((one): Sample => [`role="${one}"`, one === role ? 1 : 0]),
  ) +
    family(
      "rclone_gateway_replica_link_up",
      "gauge",
      "Whether the replica's link to the leader is up; absent for the leader itself.",
      link === undefined ? [] : [["", link === "up" ? 1 : 0]],
    ) +
    family(
      "rclone_gateway_replica_heard_seconds",
      "gauge",
      "Since when the replica has not heard the leader; absent where it never has, and for the leader itself.",
      heardSecondsAgo === undefined ? [] : [["", heardSecondsAgo]],
    ) +
    family(
      "rclone_gateway_restore_grants_in_force",
      "gauge",
      "Whether restore grants are believed (1) or what needs one gets 503 (0).",
      [["", restoreGrants === "in-force" ? 1 : 0]],
    );
}

function ofUsage(usage: readonly Usage[]): string {
  const samples = (count: (one: Usage) => number): Sample[] =>
    usage.map((
      one,
    ) => [`destination="${escape(one.destination)}",identity="${escape(one.identity)}"`, count(one)]);
  return family(
    "rclone_gateway_requests_total",
    "counter",
    "Requests passed on.",
    samples((one) => one.requests),
  ) +
    family(
      "rclone_gateway_received_bytes_total",
      "counter",
      "Bytes from clients.",
      samples((one) => one.bytesIn),
    ) +
    family("rclone_gateway_sent_bytes_total", "counter", "Bytes to clients.", samples((one) => one.bytesOut));
}

type Sample = readonly [labels: string, value: number];

function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labels === "" ? "" : `{${labels}}`} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function escape(label: string): string {
  return label.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
