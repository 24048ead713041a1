import type { Repository } from "../restic/access.ts";
import { askGateway, type Gateway, pathOf, told } from "./gateway.ts";

/** What is said beside a repository about whose it is, for whoever finds only the storage. Names are NethServer 8's. */
export type Manifest = {
  readonly module_id: string;
  readonly module_ui_name: string;
  readonly node_fqdn: string;
  readonly cluster_uuid: string;
  /** of the module */
  readonly uuid: string;
  /** seconds since 1970 */
  readonly timestamp: number;
  readonly success: boolean;
};

/**
 * Stores `<destination>/<app type>/<module uuid>.json`, reads it back and compares: an upload over WebDAV that was cut leaves its
 * beginning as if it were all. Throws where it is not there as it was sent.
 */
export async function storeManifest(
  gateway: Gateway,
  repository: Repository,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<void> {
  const path = `${pathOf(repository)}.json`;
  const body = new TextEncoder().encode(JSON.stringify(manifest));
  const put = () =>
    askGateway(
      gateway,
      { method: "PUT", path, body, headers: { "content-type": "application/json" } },
      signal,
    );
  let answer = await put();
  if (answer.status === 404 || answer.status === 409) {
    // The folder of the app type is not there (RFC 4918: 409). Where it is by now, that is said with 405.
    const folder = `${repository.destination}/${repository.path.appType}/`;
    const made = await askGateway(gateway, { method: "MKCOL", path: folder }, signal);
    if (made.status !== 201 && made.status !== 405) {
      throw new Error(`MKCOL ${folder} was answered ${told(made)}`);
    }
    answer = await put();
  }
  if (answer.status < 200 || answer.status > 299) throw new Error(`PUT ${path} was answered ${told(answer)}`);
  const stored = await askGateway(gateway, { method: "GET", path }, signal);
  if (stored.status !== 200) throw new Error(`GET ${path} was answered ${told(stored)} after it was stored`);
  const same = stored.body.length === body.length && stored.body.every((byte, at) => byte === body[at]);
  if (!same) {
    throw new Error(`${path} is not as it was sent: ${stored.body.length} of ${body.length} bytes are there`);
  }
}
