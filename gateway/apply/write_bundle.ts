import type { Bundle } from "../render/bundle.ts";

/** Writes a candidate for HAProxy to a new folder below `folder`, and returns its path. Nothing uses it yet. */
export async function writeBundle(
  folder: string,
  name: string,
  bundle: Pick<Bundle, "haproxy">,
): Promise<string> {
  const path = `${folder}/${name}`;
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  for (const [file, content] of Object.entries(bundle.haproxy)) {
    await Deno.writeTextFile(`${path}/${file}`, content, { mode: 0o600 });
  }
  return path;
}

/** Makes `link` point to `target` in one step: whoever follows it sees the old one or the new one, never none. */
export async function switchLink(link: string, target: string): Promise<void> {
  const next = `${link}.next`;
  // Deno makes a symbolic link only for who may read and write everywhere.
  const made = await new Deno.Command("ln", { args: ["-sfn", target, next], stderr: "piped" }).output();
  if (!made.success) throw new Error(`Cannot link ${link}: ${new TextDecoder().decode(made.stderr).trim()}`);
  await Deno.rename(next, link);
}
