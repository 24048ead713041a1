import type { Access } from "../restic/access.ts";

/** How long the gateway may take to answer: it gives a storage that is slow to list or to delete five minutes. */
const PATIENCE_MS = 330_000;

/**
 * One request for a lock as the gateway stores it, over the restic REST protocol: restic itself has no command that removes one lock
 * and leaves the others. Returns the status. Throws where nobody answers, or the repository is not at a gateway.
 */
export async function askForLock(
  method: "HEAD" | "DELETE",
  id: string,
  { environment }: Access,
  signal?: AbortSignal,
): Promise<number> {
  const repository = environment["RESTIC_REPOSITORY"] ?? "";
  if (!repository.startsWith("rest:http")) throw new Error("the repository is not at a gateway");
  const { RESTIC_REST_USERNAME: user = "", RESTIC_REST_PASSWORD: secret = "" } = environment;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(`${repository.slice("rest:".length)}locks/${id}`, {
    method,
    headers: {
      accept: "application/vnd.x.restic.rest.v2",
      authorization: `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${secret}`)))}`,
    },
    redirect: "error",
    signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
  });
  await response.body?.cancel();
  return response.status;
}
