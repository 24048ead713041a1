/** Writes a file that only its owner can read, whole or not at all. A mode that a file there has is not kept. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const next = `${path}.next`;
  await Deno.remove(next).catch(() => {/* none left by an interrupted run */});
  await Deno.writeTextFile(next, content, { createNew: true, mode: 0o600 });
  await Deno.rename(next, path);
}
