import type { Mount } from "../restic/restic.ts";

/**
 * Where a module's Podman volumes are inside restic's container: `/srv/volumes/<name>`. Of a user's own Podman all are the
 * module's, and their names stay. Root's Podman holds those of many modules: the module's begin with `<module id>-`, which is
 * taken away, and not with a longer id (of `modules`) that begins so, too. `restic-…` are restic's caches.
 */
export function volumeMounts(
  names: readonly string[],
  module: string,
  { rootless, modules }: { rootless: boolean; modules: readonly string[] },
): Mount[] {
  const longer = modules.filter((id) => id.startsWith(`${module}-`));
  const mounts: Mount[] = [];
  for (const source of names) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(source) || source.startsWith("restic-")) continue;
    if (!rootless && !source.startsWith(`${module}-`)) continue;
    if (!rootless && longer.some((id) => source.startsWith(`${id}-`))) continue;
    const name = rootless ? source : source.slice(module.length + 1);
    if (name !== "") mounts.push({ source, target: `/srv/volumes/${name}`, readOnly: true });
  }
  return mounts;
}

/** The lines of an include list that name a volume which is not there. One with wildcards in its name names none. */
export function withoutVolume(include: readonly string[], mounts: readonly Mount[]): string[] {
  const there = new Set(mounts.map(({ target }) => target));
  return include.filter((line) => {
    const [first, volume = ""] = line.split("/");
    return first === "volumes" && !/[*?[\\]/.test(volume) && !there.has(`/srv/volumes/${volume}`);
  });
}
