import { Hono } from "hono";

/** One destination, as `rclonegwctl status` shows it. Holds nothing secret: whoever is on this host can read it. */
export type DestinationStatus = {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  /** idle: not used yet, or not since its configuration changed */
  readonly state: "idle" | "starting" | "serving" | "failing" | "not-served";
  readonly because?: string;
  /** ISO 8601 */
  readonly since?: string;
};

/** The gateway of this node, as its controller sees it. */
export type GatewayStatus = {
  readonly version: string;
  readonly node: string;
  readonly redis: { readonly state: "connected" | "away"; readonly because?: string };
  /** why the last candidate was not taken; absent where the running configuration is what Redis holds */
  readonly configuration?: string;
  readonly destinations: readonly DestinationStatus[];
};

/**
 * `HEALTH_ADDRESS`: `/healthz` (the process lives), `/readyz` (Redis has been read and every destination is served
 * or idle), `/status` (the same in full, JSON).
 */
export function healthApp(status: () => GatewayStatus): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", (context) => {
    const now = status();
    const problems = [
      ...(now.redis.state === "away" ? [`Redis: ${now.redis.because ?? "away"}`] : []),
      ...(now.configuration === undefined ? [] : [`configuration: ${now.configuration}`]),
      ...now.destinations.filter(({ state }) => state === "failing" || state === "not-served")
        .map(({ id, because }) => `destination ${id}: ${because}`),
    ];
    return problems.length === 0 ? context.text("ok\n") : context.text(problems.join("\n") + "\n", 503);
  });
  app.get("/status", (context) => context.json(status()));
  return app;
}
