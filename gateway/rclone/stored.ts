/** What a refused upload should be answered with: it is stored already, it differs, or it cannot be told. */
export type Stored = "same" | "differs" | "unknown";

/**
 * Compares a refused upload with what is stored under its name, by size: restic's objects are named by the SHA-256
 * of their content, so that the same name and size is the same object. `config` is not named so, and never the same.
 *
 * `path` is the request's, `length` its Content-Length.
 */
export async function compareStored(
  socket: string,
  path: string,
  length: string,
  timeoutMs: number,
): Promise<Stored> {
  // Only such a name says what the content is: `config` and whatever a node stores under names of its own do not.
  if (!/\/(?:data|keys|locks|snapshots|index)\/[0-9a-f]{64}$/.test(path)) return "differs";
  if (!/^[0-9]+$/.test(length)) return "unknown";
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
  try {
    const response = await fetch(`http://rclone${path}`, {
      client,
      method: "HEAD",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const stored = response.headers.get("content-length");
    if (response.status !== 200 || stored === null) return "unknown";
    return stored === length ? "same" : "differs";
  } catch {
    return "unknown";
  } finally {
    client.close();
  }
}
