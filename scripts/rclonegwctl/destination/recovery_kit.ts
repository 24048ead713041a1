import { appTypeOf } from "../../../gateway/domain/app_type.ts";
import { remotePath } from "../../../gateway/domain/remote_path.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import { audit } from "../audit.ts";
import { failed, invalid } from "../failure.ts";
import { note } from "../output.ts";
import { readSettings, withRedis } from "../session.ts";
import { checkUuid } from "./find.ts";
import { readStored, type StoredDestination } from "./stored.ts";
import { readTombstone, type Tombstone } from "./tombstone.ts";

/** `destination recovery-kit`: what a person needs who has the storage, and nothing else of this cluster. */
export async function recoveryKit(id: string, options: { reveal?: true; output?: string }): Promise<void> {
  checkUuid(id);
  if (options.reveal === undefined) {
    invalid(
      "The recovery kit holds secrets: whoever has it can read every backup of this destination. " +
        "Say --reveal, and keep what comes out offline.",
    );
  }
  const settings = readSettings();
  const kit = await withRedis(settings, async (redis) => {
    const [stored, password, tombstone, uuids] = await Promise.all([
      readStored(redis, id),
      redis.hGet(KEYS.resticPassword, id),
      readTombstone(redis, id),
      redis.hGetAll(KEYS.moduleUuid) as Promise<Record<string, string>>,
    ]);
    const kit = stored !== undefined && password !== null
      ? text(stored, password, stored.section.trim(), uuids)
      : stored === undefined && tombstone !== undefined
      ? text({ ...tombstone, parameters: [] }, tombstone.restic_password, removedSection(tombstone), uuids)
      : failed(`Cannot make a recovery kit: destination ${id} is not known, or has no restic password`);
    await audit(redis, settings.nodeId, "recovery-kit", id);
    return kit;
  });
  if (options.output === undefined) return console.log(kit);
  try {
    await Deno.writeTextFile(options.output, `${kit}\n`, { createNew: true, mode: 0o600 });
  } catch (error) {
    failed(`Cannot write the recovery kit to ${options.output}: ${(error as Error).message}`);
  }
  note(`The recovery kit is in ${options.output}. Move it to a place that outlives this cluster.`);
}

function removedSection({ removed_at, removed_by, id }: Tombstone): string {
  return `# This destination was removed at ${removed_at} by ${removed_by}, and the storage's own credentials with it.
# Put a section for it here, as "rclone config" makes one:
# [${id}]`;
}

function text(
  { id, name, provider, url, basepath, parameters }: Omit<StoredDestination, "section">,
  password: string,
  section: string,
  uuids: Readonly<Record<string, string>>,
): string {
  const repositories = Object.entries(uuids)
    .map(([module, uuid]) => `#   ${appTypeOf(module) ?? "?"}/${uuid}   (module/${module})`).sort();
  const path = pathOf({ provider, url, basepath, parameters });
  const remote = `rclone:${id}:${path}${path === "" ? "" : "/"}<app type>/<module uuid>`;
  const how = provider === "cluster"
    ? `# The backups are in the folder that is /srv/repo in the gateway's container, on the node with the address in "url"
# (a Podman volume there; "rclone-webdav" unless it was set up otherwise). With that folder, and restic alone:
#
#   export RESTIC_PASSWORD='…as below…'
#   restic --repo <folder>/<app type>/<module uuid> snapshots
#   restic --repo <folder>/<app type>/<module uuid> restore latest --target <where>`
    : `# With rclone and restic alone: save the section below as rclone.conf, and then
#
#   export RCLONE_CONFIG=$PWD/rclone.conf RESTIC_PASSWORD='…as below…'
#   restic --repo '${remote}' snapshots
#   restic --repo '${remote}' restore latest --target <where>`;
  return `# Recovery kit of destination ${id}, made ${new Date().toISOString()}
# name      ${name}
# provider  ${provider}
# url       ${url}
# base path ${basepath}
#
${how}
#
# Repositories of the modules that were known when this was made (there may be others in the storage):
${repositories.join("\n") || "#   none"}

RESTIC_PASSWORD=${password}

${section}`;
}

/** The path on the remote; what cannot be told is left to the reader of the url. */
function pathOf(
  { provider, url, basepath, parameters }: Omit<StoredDestination, "section" | "id" | "name">,
): string {
  try {
    return remotePath(provider, url, basepath, new Map(parameters).get("url"));
  } catch {
    return "<base path>";
  }
}
