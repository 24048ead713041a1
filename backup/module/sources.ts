import type { Mount } from "../restic/restic.ts";
import { oneLine } from "../one_line.ts";
import { asOwner, readAsOwner } from "../as_owner.ts";
import type { ModuleFolder } from "./folder.ts";
import { backupLists } from "./lists.ts";
import { volumeMounts, withoutVolume } from "./volumes.ts";

/** What restic needs to find what a module wants backed up. The lists are there until it is disposed of. */
export type Sources = AsyncDisposable & {
  readonly mounts: readonly Mount[];
  /** for `restic backup` */
  readonly args: readonly string[];
  readonly warnings: readonly string[];
};

/** The state folder, the volumes and the lists of a module, read-only. `modules`: see {@link volumeMounts}. */
export async function prepareSources(
  { path, owner }: ModuleFolder,
  module: string,
  modules: readonly string[],
): Promise<Sources> {
  const [include = "", exclude = ""] = [
    await readAsOwner(owner, `${path}/etc/state-include.conf`),
    await readAsOwner(owner, `${path}/etc/state-exclude.conf`),
  ];
  const lists = backupLists(include, exclude);
  const listed = await asOwner(owner, ["podman", "volume", "ls", "--format={{.Name}}"]);
  if (listed.code !== 0) {
    throw new Error(`Cannot list the volumes of ${owner.name}: ${oneLine(listed.stderr)}`);
  }
  const volumes = volumeMounts(listed.stdout.split("\n"), module, { rootless: owner.uid !== 0, modules });
  const folder = await Deno.makeTempDir({ prefix: "rclone-gateway-lists-" });
  const remove = (): Promise<void> => Deno.remove(folder, { recursive: true });
  try {
    // What was read and judged, not the module's files, which may change meanwhile.
    await Deno.writeTextFile(`${folder}/include`, text(lists.include));
    await Deno.writeTextFile(`${folder}/exclude`, text(lists.exclude));
    for (const each of [`${folder}/include`, `${folder}/exclude`, folder]) {
      await Deno.chown(each, owner.uid, owner.gid);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    mounts: [
      { source: `${path}/state`, target: "/srv/state", readOnly: true },
      { source: folder, target: "/lists", readOnly: true },
      ...volumes,
    ],
    args: ["--files-from=/lists/include", "--exclude-file=/lists/exclude"],
    warnings: [
      ...lists.refused.map((line) =>
        `state-include.conf: "${
          oneLine(line, 200)
        }" is left out: only what begins with state/ or volumes/ can be included`
      ),
      ...withoutVolume(lists.include, volumes).map((line) =>
        `state-include.conf: "${oneLine(line, 200)}" is left out: there is no such volume`
      ),
    ],
    [Symbol.asyncDispose]: remove,
  };
}

function text(list: readonly string[]): string {
  return list.map((line) => `${line}\n`).join("");
}
