/** What is stored under a name: nothing, the very same object, another one, or it cannot be told. */
export type Stored = "absent" | "same" | "differs" | "unknown";

/**
 * Compares an upload with what is stored under its name, by size: restic's objects are named by the SHA-256
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
  let client: Deno.HttpClient | undefined;
  try {
    client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
    const response = await fetch(`http://rclone${path}`, {
      client,
      method: "HEAD",
      signal: AbortSignal.timeout(timeoutMs),
    });
    // rclone says 404 where there is nothing, and 500 where it could not find out.
    if (response.status === 404) return "absent";
    const stored = response.headers.get("content-length");
    if (response.status !== 200 || stored === null) return "unknown";
    // Only such a name says what the content is: `config` and whatever a node stores under names of its own do not.
    if (!/\/(?:data|keys|locks|snapshots|index)\/[0-9a-f]{64}$/.test(path)) return "differs";
    if (!/^[0-9]+$/.test(length)) return "unknown";
    return stored === length ? "same" : "differs";
  } catch {
    return "unknown";
  } finally {
    client?.close();
  }
}
