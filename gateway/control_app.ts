import { Hono } from "hono";
import type { HostBackups } from "./backups/host_backups.ts";
import { parseBackupId } from "./domain/backup_run.ts";
import { parseUuid, type Uuid } from "./domain/uuid.ts";
import type { GatewayStatus } from "./health.ts";

/** What a node says of a destination when another one asks. */
export type Reach = { readonly reachable: boolean; readonly because?: string };

/** What the control path works with. */
export type ControlParts = {
  readonly status: () => Promise<GatewayStatus>;
  /** whether this node itself reaches a destination */
  readonly reach: (destination: Uuid) => Promise<Reach>;
  /** tries a destination here that is to be stored */
  readonly validate: (request: Request) => Promise<Response>;
  /** this node's host, which makes the backups */
  readonly backups: HostBackups;
};

/**
 * What one node asks another, below `/-/` on the gateway's own port. HAProxy passes on only what the sidecar has allowed: GET
 * and POST of nodes.
 *
 * - `GET /-/status`: {@link GatewayStatus}
 * - `GET /-/destinations/<uuid>`: {@link Reach}
 * - `POST /-/validate`: what came of trying a destination here (validation/answer_node.ts)
 * - `POST /-/backups/<n>/run` starts that backup here, `GET /-/backups/<n>` tells how its run stands: BackupRun
 *   (domain/backup_run.ts); 503 with the reason where this node's host cannot be asked
 */
export function controlApp({ status, reach, validate, backups }: ControlParts): Hono {
  const app = new Hono();
  app.get("/-/status", async (context) => context.json(await status()));
  app.get("/-/destinations/:id", async (context) => {
    const id = parseUuid(context.req.param("id"));
    return id === undefined ? context.text("not a destination's uuid\n", 404) : context.json(await reach(id));
  });
  app.post("/-/validate", (context) => validate(context.req.raw));
  const asked = async (what: keyof HostBackups, text: string): Promise<Response> => {
    const id = parseBackupId(text);
    if (id === undefined) return new Response("not a backup's number\n", { status: 404 });
    try {
      return Response.json(await backups[what](id));
    } catch (error) {
      return new Response(`${(error as Error).message}\n`, { status: 503 });
    }
  };
  app.post("/-/backups/:id/run", (context) => asked("start", context.req.param("id")));
  app.get("/-/backups/:id", (context) => asked("stateOf", context.req.param("id")));
  app.notFound((context) => context.text("nothing of the kind is answered below /-/\n", 404));
  app.onError((error, context) => {
    console.error(`controller: Cannot answer another node: ${error.stack}`);
    return context.text("this node cannot answer at the moment\n", 503);
  });
  return app;
}
