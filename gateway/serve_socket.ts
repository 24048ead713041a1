/** Serves HTTP on a unix socket that only this user, and root, can open. One that a predecessor left is replaced. */
export async function serveSocket(
  path: string,
  fetch: (request: Request) => Response | Promise<Response>,
): Promise<Deno.HttpServer> {
  await Deno.remove(path).catch(() => {/* none was left */});
  const server = Deno.serve({ path, onListen() {} }, fetch);
  await Deno.chmod(path, 0o600);
  return server;
}
