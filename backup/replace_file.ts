import { dirname } from "node:path";

/**
 * Replaces a file as a whole, also over a power cut: whoever reads it sees the old text or the new one. Makes its folder (0755).
 * The text that is on its way has another ending, so that nobody who looks for `*.prom` or `*.json` meets it.
 */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const next = `${path}.${Deno.pid}-next`;
  {
    using file = await Deno.open(next, { write: true, create: true, truncate: true, mode });
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    await file.sync();
  }
  // The mode at its creation is less what the umask takes away.
  await Deno.chmod(next, mode);
  await Deno.rename(next, path);
  using folder = await Deno.open(dirname(path));
  await folder.sync();
}
