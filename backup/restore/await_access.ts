import { oneLine } from "../../gateway/domain/node_trial.ts";
import { boundedText } from "../../gateway/bounded_text.ts";
import { type Credentials, type Repository, repositoryName } from "../restic/access.ts";

/** restic's REST protocol, as the gateway tells it from WebDAV. */
const REST = "application/vnd.x.restic.rest.v2";
const PAUSE_MS = 250;
const REQUEST_MS = 60_000;

/**
 * Waits until somebody may read a repository: a grant is made on the leader, and judged by what this node's replica has heard of
 * it. restic itself would take the first 403 for final. Returns why it may not after `withinMs`.
 */
export async function awaitAccess(
  gateway: string,
  repository: Repository,
  { user, secret }: Credentials,
  withinMs: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const until = performance.now() + withinMs;
  const authorization = `Basic ${new TextEncoder().encode(`${user}:${secret}`).toBase64()}`;
  for (;;) {
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(REQUEST_MS);
    const answer = await fetch(`${gateway}/${repositoryName(repository)}/config`, {
      headers: { accept: REST, authorization },
      redirect: "error",
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    }).then(
      async ({ status, body }) => ({
        status,
        said: oneLine(await boundedText(body, 4096).catch(() => "") ?? ""),
      }),
      (error) => ({ status: 0, said: oneLine((error as Error).message) }),
    );
    if (answer.status === 200) return undefined;
    if (answer.status === 404) return "there is no repository";
    if (performance.now() > until) {
      return answer.status === 0
        ? `the gateway does not answer (${answer.said})`
        : `the gateway answers ${user} ${answer.status} (${answer.said})`;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
