import { oneLine } from "../../gateway/domain/node_trial.ts";
import type { Access } from "../restic/access.ts";
import { restic, RESTIC_EXIT, TEMPORARY_CACHE } from "../restic/restic.ts";
import { folderTarget, restore } from "../restore/restore.ts";
import { resticSaid } from "../snapshots/read_snapshots.ts";
import { parseStoredFile, Sample, type StoredFile } from "./sample.ts";

const FILES = 5;
const MOST_BYTES = 64 << 20;

/**
 * Restores a few files of a snapshot into a temporary folder, lets restic compare their content with what is stored, and compares
 * their sizes with the snapshot's list. `files`: how many; `because`: what is wrong, in one line.
 */
export async function sampleRestore(
  access: Access,
  snapshot: string,
  signal?: AbortSignal,
): Promise<{ readonly files: number; readonly because?: string }> {
  const sample = new Sample(FILES, MOST_BYTES, Math.random);
  const listed = await restic({
    access,
    cache: TEMPORARY_CACHE,
    args: ["ls", "--json", "--recursive", "--no-lock", snapshot],
    onLine: (line) => {
      const file = parseStoredFile(line);
      if (file !== undefined) sample.offer(file);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  const picked = sample.picked;
  if (listed.code !== RESTIC_EXIT.done) {
    return {
      files: 0,
      because: `snapshot ${snapshot.slice(0, 16)} cannot be listed: ${
        resticSaid(listed.code, listed.stderr)
      }`,
    };
  }
  if (picked.length === 0) return { files: 0 };
  // 0700: what is in it is a module's.
  const folder = await Deno.makeTempDir({ prefix: "rclone-gateway-verify-" });
  try {
    const restored = await restore({
      access,
      snapshot,
      target: folderTarget(folder),
      only: picked.map(({ path }) => path),
      verify: true,
      ...(signal === undefined ? {} : { signal }),
    });
    const because = restored.because ?? differences(folder, picked);
    return because === undefined ? { files: picked.length } : {
      files: picked.length,
      because: `a sample of snapshot ${snapshot.slice(0, 16)} cannot be restored: ${because}`,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is not there as the list has it. */
function differences(folder: string, files: readonly StoredFile[]): string | undefined {
  for (const { path, size } of files) {
    let found: number | undefined;
    try {
      const { isFile, size } = Deno.lstatSync(`${folder}${path}`);
      found = isFile ? size : undefined;
    } catch { /* it is not there */ }
    if (found !== size) return oneLine(`${path} has ${found ?? "no"} bytes, and ${size} in the snapshot`);
  }
  return undefined;
}
