import { fieldsOf, tellingFields } from "../../../gateway/providers/place.ts";
import { PROVIDERS } from "../../../gateway/providers/providers.ts";
import { isPublic, type Parameters } from "../../../gateway/rclone/section_policy.ts";
import type { Redis } from "../../../gateway/redis/connection.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import { parseRcloneSection } from "../../../gateway/redis/rclone_section.ts";
import { destinationUuid } from "../destination_uuid.ts";

/** What everybody may know of a destination: `cluster/backup_repository/<uuid>`. */
export type PublicFacts = {
  readonly name: string;
  readonly provider: string;
  readonly url: string;
  readonly basepath: string;
};

/** A destination as Redis holds it. */
export type StoredDestination = PublicFacts & {
  readonly id: string;
  readonly section: string;
  /** none where the section cannot be read */
  readonly parameters: Parameters;
};

/** One destination, or undefined. */
export async function readStored(redis: Redis, id: string): Promise<StoredDestination | undefined> {
  const section = await redis.hGet(KEYS.rcloneConf, id);
  return section === null ? undefined : await stored(redis, id, section);
}

/** All of them, in the order of their ids. */
export async function readAllStored(redis: Redis): Promise<StoredDestination[]> {
  const sections = Object.entries(await redis.hGetAll(KEYS.rcloneConf) as Record<string, string>);
  return await Promise.all(
    sections.sort(([a], [b]) => a < b ? -1 : 1).map(([id, section]) => stored(redis, id, section)),
  );
}

async function stored(redis: Redis, id: string, section: string): Promise<StoredDestination> {
  const facts = await redis.hGetAll(KEYS.repository(id)) as Partial<PublicFacts>;
  return { id, section, parameters: parametersIn(section), ...publicFacts(facts) };
}

export function publicFacts(facts: Partial<PublicFacts>): PublicFacts {
  const { name = "", provider = "", url = "", basepath = "" } = facts;
  return { name, provider, url, basepath };
}

function parametersIn(section: string): Parameters {
  try {
    return parseRcloneSection(section);
  } catch {
    return [];
  }
}

/**
 * What a storage is known by: the uuid of a new destination. The same for one that NethServer 8 has stored under a uuid
 * of its own.
 */
export function identityOf(facts: Omit<PublicFacts, "name">, parameters: Parameters): string {
  return destinationUuid({
    provider: facts.provider,
    url: facts.url,
    basepath: facts.basepath,
    parameters: publicParameters(facts, parameters),
  });
}

/** What may be shown of a destination's parameters: by the names of fields, or for a raw one by rclone's. */
export function publicParameters(
  { provider, url }: Pick<PublicFacts, "provider" | "url">,
  parameters: Parameters,
): Readonly<Record<string, string>> {
  const form = Object.hasOwn(PROVIDERS, provider) ? PROVIDERS[provider] : undefined;
  if (form !== undefined) return tellingFields(form, fieldsOf(form, url, parameters));
  const type = new Map(parameters).get("type") ?? "";
  return Object.fromEntries(
    parameters.filter(([key, value]) => value !== "" && key !== "host_keys" && isPublic(type, key, value)),
  );
}
