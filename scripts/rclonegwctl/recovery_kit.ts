import { appTypeOf } from "../../gateway/domain/app_type.ts";
import { parseUuid } from "../../gateway/domain/uuid.ts";
import { KEYS } from "../../gateway/redis/keys.ts";
import { audit } from "./audit.ts";
import { failed, invalid } from "./failure.ts";
import { note } from "./output.ts";
import { readSettings, withRedis } from "./session.ts";

/** `destination recovery-kit`: what a person needs who has the storage, and nothing else of this cluster. */
export async function recoveryKit(id: string, options: { reveal?: true; output?: string }): Promise<void> {
  if (parseUuid(id) === undefined) {
    invalid(`"${id}" is not the uuid of a destination: see "rclonegwctl destination list"`);
  }
  if (options.reveal === undefined) {
    invalid(
      "The recovery kit holds secrets: whoever has it can read every backup of this destination. " +
        "Say --reveal, and keep what comes out offline.",
    );
  }
  const settings = readSettings();
  const kit = await withRedis(settings, async (redis) => {
    const [section, password, facts, uuids] = await Promise.all([
      redis.hGet(KEYS.rcloneConf, id),
      redis.hGet(KEYS.resticPassword, id),
      redis.hGetAll(KEYS.repository(id)) as Promise<Record<string, string>>,
      redis.hGetAll(KEYS.moduleUuid) as Promise<Record<string, string>>,
    ]);
    if (section === null || password === null) {
      failed(`Cannot make a recovery kit: destination ${id} is not known, or has no restic password`);
    }
    await audit(redis, settings.nodeId, "recovery-kit", id);
    return text(id, facts, section, password, uuids);
  });
  if (options.output === undefined) return console.log(kit);
  try {
    await Deno.writeTextFile(options.output, `${kit}\n`, { createNew: true, mode: 0o600 });
  } catch (error) {
    failed(`Cannot write the recovery kit to ${options.output}: ${(error as Error).message}`);
  }
  note(`The recovery kit is in ${options.output}. Move it to a place that outlives this cluster.`);
}

function text(
  id: string,
  facts: Readonly<Record<string, string>>,
  section: string,
  password: string,
  uuids: Readonly<Record<string, string>>,
): string {
  const repositories = Object.entries(uuids)
    .map(([module, uuid]) => `#   ${appTypeOf(module) ?? "?"}/${uuid}   (module/${module})`).sort();
  const local = facts["provider"] === "cluster";
  const how = local
    ? `# The backups are in the folder that is /srv/repo in the gateway's container, on the node with the address in "url"
# (a Podman volume there; "rclone-webdav" unless it was set up otherwise). With that folder, and restic alone:
#
#   export RESTIC_PASSWORD='…as below…'
#   restic --repo <folder>/<app type>/<module uuid> snapshots
#   restic --repo <folder>/<app type>/<module uuid> restore latest --target <where>`
    : `# With rclone and restic alone: save the section below as rclone.conf, and then
#
#   export RCLONE_CONFIG=$PWD/rclone.conf RESTIC_PASSWORD='…as below…'
#   restic --repo rclone:${id}:<base path>/<app type>/<module uuid> snapshots
#   restic --repo rclone:${id}:<base path>/<app type>/<module uuid> restore latest --target <where>`;
  return `# Recovery kit of destination ${id}, made ${new Date().toISOString()}
# name      ${facts["name"] ?? ""}
# provider  ${facts["provider"] ?? ""}
# url       ${facts["url"] ?? ""}
# base path ${facts["basepath"] ?? ""}
#
${how}
#
# Repositories of the modules that were known when this was made (there may be others in the storage):
${repositories.join("\n") || "#   none"}

RESTIC_PASSWORD=${password}

${section.trim()}`;
}
