import { randomFillSync } from "node:crypto";

/** Fills a folder with `files` files of random content, `bytes` in all: many small ones and a few large. */
export function makeTree(folder: string, files: number, bytes: number): void {
  const small = Math.min(8192, Math.floor(bytes / files));
  const large = Math.max(1, Math.floor(files / 100));
  const rest = bytes - small * (files - large);
  const name = (index: number): string => `${folder}/d${index % 40}/e${index % 7}/file ${index} é.bin`;
  for (let index = 0; index < files; index++) {
    const size = index < large ? Math.floor(rest / large) : small;
    const path = name(index);
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeFileSync(path, randomBytes(size));
  }
  Deno.writeTextFileSync(`${folder}/empty`, "");
  Deno.symlinkSync("empty", `${folder}/link`);
}

/** Random bytes: nothing that restic could compress or has seen before. */
export function randomBytes(size: number): Uint8Array<ArrayBuffer> {
  return randomFillSync(new Uint8Array(size));
}
