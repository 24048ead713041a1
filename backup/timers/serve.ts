import { lchown } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Serves HTTP on a unix socket for the gateway, whose user owns the folder, and for root; for nobody else. One that a predecessor
 * left is replaced. Throws where it cannot, as where the folder is not there yet.
 */
export async function serveFor(
  path: string,
  fetch: (request: Request) => Response | Promise<Response>,
): Promise<Deno.HttpServer> {
  const { uid, gid } = await Deno.stat(dirname(path));
  await Deno.remove(path).catch(() => {/* none was left */});
  // From its first moment on: between bind and chmod others could connect.
  const before = Deno.umask(0o177);
  let server: Deno.HttpServer;
  try {
    server = Deno.serve({ path, onListen() {} }, fetch);
  } finally {
    Deno.umask(before);
  }
  // Not chown, which follows links: the gateway's user, who is not trusted with this host, could put one in the socket's place.
  if (uid !== null && gid !== null) await lchown(path, uid, gid);
  return server;
}
