import { Hono } from "hono";
import { parseBackupId } from "../../gateway/domain/backup_run.ts";
import type { Runs } from "./runs.ts";

/**
 * What this node's gateway asks its host about backups, over a socket in the gateway's state volume:
 *
 * - `POST /backups/<n>/run` starts a backup, or joins one in progress; `GET /backups/<n>` tells how its run stands: BackupRun
 *   (gateway/domain/backup_run.ts). 404 where there is no such backup, 503 where Redis cannot say.
 */
export function backupApp(parts: {
  readonly runs: Pick<Runs, "start" | "stateOf">;
  /** whether there is such a backup; throws where that cannot be told */
  readonly isKnown: (id: string) => Promise<boolean>;
}): Hono {
  const { runs, isKnown } = parts;
  const app = new Hono();
  const asked = async (text: string, what: "start" | "stateOf"): Promise<Response> => {
    const id = parseBackupId(text);
    try {
      if (id === undefined || !await isKnown(id)) {
        return new Response(`this node knows no backup ${id ?? "of that number"}\n`, { status: 404 });
      }
    } catch (error) {
      return new Response(`this node's Redis cannot be read: ${(error as Error).message}\n`, { status: 503 });
    }
    return Response.json(await runs[what](id));
  };
  app.post("/backups/:id/run", ({ req }) => asked(req.param("id"), "start"));
  app.get("/backups/:id", ({ req }) => asked(req.param("id"), "stateOf"));
  app.notFound((context) => context.text("nothing of the kind is answered here\n", 404));
  return app;
}
