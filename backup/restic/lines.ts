/**
 * Reads a program's output to its end. With `onLine` each line goes there and nothing is kept; without it all of it is returned,
 * of which the first `most` characters are kept.
 */
export async function lines(
  output: ReadableStream<Uint8Array>,
  onLine: ((line: string) => void) | undefined,
  most: number,
): Promise<string> {
  let kept = "";
  let begun = "";
  for await (
    const text of output.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
  ) {
    if (onLine === undefined) {
      if (kept.length < most) kept += text.slice(0, most - kept.length);
      continue;
    }
    const parts = (begun + text).split("\n");
    begun = (parts.pop() ?? "").slice(0, most);
    for (const line of parts) onLine(line);
  }
  if (onLine !== undefined && begun !== "") onLine(begun);
  return kept;
}
