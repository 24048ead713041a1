/**
 * SHA-256 in hex of what comes in, and its size in bytes. What fails while it is read is thrown.
 *
 * `node:crypto` is loaded at the first use: it takes 4 MiB for as long as the process lives, and most never read an object.
 */
export async function sha256Of(
  content: AsyncIterable<Uint8Array>,
): Promise<{ digest: string; size: number }> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: hash.digest("hex"), size };
}
