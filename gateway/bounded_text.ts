/** A body as text; undefined where it is longer than `limit` bytes: the rest is not read. Throws where it is not UTF-8. */
export async function boundedText(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<string | undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  for await (const piece of body ?? []) {
    bytes += piece.length;
    if (bytes > limit) return undefined; // leaving the loop cancels the stream
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
