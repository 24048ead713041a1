import { asOwner } from "../../../backup/as_owner.ts";
import { findFolder, MODULE_FOLDERS } from "../../../backup/module/folder.ts";
import { volumeMounts } from "../../../backup/module/volumes.ts";
import type { Mount } from "../../../backup/restic/restic.ts";
import type { ModuleIdentity } from "../../../gateway/domain/identity.ts";
import { oneLine } from "../../../backup/one_line.ts";
import { failed } from "../failure.ts";
import { note } from "../output.ts";

/**
 * A module's state folder and volumes, where restic puts them: to be read and written. Only where the folder is root's: a
 * container of root's, with the node's secrets, does not follow what another user may have put there.
 */
export async function volumesOf({ id, name }: ModuleIdentity, modules: readonly string[]): Promise<Mount[]> {
  const folder = await findFolder(id, Deno.env.get("MODULE_FOLDERS") || MODULE_FOLDERS);
  // It may be gone, or be on another node.
  if ("problem" in folder) return [];
  if (folder.owner.uid !== 0) {
    note(
      `The folder of ${name} belongs to ${folder.owner.name}: its files are not in /srv. Give --podman volume=<folder>:/srv/<folder> ` +
        `for what restic is to read or write.`,
    );
    return [];
  }
  const listed = await asOwner(folder.owner, ["podman", "volume", "ls", "--format={{.Name}}"]);
  if (listed.code !== 0) failed(`Cannot list the volumes of ${name}: ${oneLine(listed.stderr)}`);
  const volumes = volumeMounts(listed.stdout.split("\n"), id, { rootless: false, modules });
  return [
    { source: `${folder.path}/state`, target: "/srv/state" },
    ...volumes.map(({ source, target }) => ({ source, target })),
  ];
}
