import type { Repository } from "../restic/access.ts";
import { askGateway, type Gateway, pathOf } from "./gateway.ts";

/**
 * Whether a repository holds any lock: one request, where `restic unlock` is a container. Where it cannot be told there may be none: it
 * is asked before a backup, which then says itself what is wrong. Protocol: restic's REST backend, version 2.
 */
export async function locksThere(
  gateway: Gateway,
  repository: Repository,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const answer = await askGateway(gateway, {
      method: "GET",
      path: `${pathOf(repository)}/locks/`,
      headers: { accept: "application/vnd.x.restic.rest.v2" },
    }, signal);
    if (answer.status !== 200) return false;
    const locks: unknown = JSON.parse(new TextDecoder().decode(answer.body));
    return Array.isArray(locks) && locks.length > 0;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
