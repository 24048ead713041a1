import { sha256Of } from "./sha256_of.ts";

/** Folders of a restic repository whose objects are named by the SHA-256 of their content. */
const OBJECT_PATH =
  /^[a-z][a-z0-9_-]*\/[0-9a-f-]{36}\/(?:data\/[0-9a-f]{2}|keys|locks|snapshots|index)\/([0-9a-f]{64})$/;
/** Folders that may hold any of these. Others are not even looked into: a disk has a `lost+found`, closed to all but root. */
const FOLDER_PATH =
  /^[a-z][a-z0-9_-]*(?:\/[0-9a-f-]{36}(?:\/(?:data(?:\/[0-9a-f]{2})?|keys|locks|snapshots|index))?)?$/;
const CONFIG_PATH = /^[a-z][a-z0-9_-]*\/[0-9a-f-]{36}\/config$/;

/**
 * Removes what an rclone that was killed left behind on a local disk: objects under their final name of which only
 * a part was written. restic would be told that they are stored, and would believe it.
 *
 * Looked at is what was written at or after `since` (milliseconds since 1970); removed is an object whose SHA-256 is
 * not its name, and a `config` that is empty. Returns the paths that were removed, below `folder`. Must not run while
 * uploads may be in flight: one of those looks the same.
 */
export async function removeTorn(folder: string, since: number): Promise<string[]> {
  const removed: string[] = [];
  for await (const path of filesWrittenSince(folder, "", since)) {
    const name = OBJECT_PATH.exec(path)?.[1];
    const torn = name !== undefined
      ? (await sha256Of((await Deno.open(`${folder}/${path}`)).readable)).digest !== name
      : CONFIG_PATH.test(path) && (await Deno.stat(`${folder}/${path}`)).size === 0;
    if (!torn) continue;
    await Deno.remove(`${folder}/${path}`);
    removed.push(path);
  }
  return removed;
}

async function* filesWrittenSince(folder: string, below: string, since: number): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(`${folder}/${below}`)) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory) {
      if (FOLDER_PATH.test(path)) yield* filesWrittenSince(folder, path, since);
    } else if (entry.isFile) {
      const { mtime } = await Deno.stat(`${folder}/${path}`);
      if (mtime === null || mtime.getTime() >= since) yield path;
    }
  }
}
