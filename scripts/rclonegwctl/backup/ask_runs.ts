import type { NodeBackupRun } from "../../../gateway/domain/backup_run.ts";

/** The gateway waits for its host and for other nodes (gateway/backups/). */
const WITHIN_MS = 30_000;

/** Starts a backup on nodes, or asks how it stands there, over the gateway's operator socket. Throws where that does not answer. */
export async function askRuns(
  socket: string,
  method: "GET" | "POST",
  id: string,
  nodes: readonly string[],
): Promise<readonly NodeBackupRun[]> {
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
  const query = new URLSearchParams(nodes.map((node) => ["node", node]));
  const path = method === "POST" ? `backups/${id}/run` : `backups/${id}`;
  const response = await fetch(`http://gateway/${path}?${query}`, {
    client,
    method,
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  if (response.ok) return await response.json();
  await response.body?.cancel();
  throw new Error(`it answers ${response.status}`);
}
