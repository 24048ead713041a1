import { parseUuid } from "../../../gateway/domain/uuid.ts";
import type { Redis } from "../../../gateway/redis/connection.ts";
import { KEYS } from "../../../gateway/redis/keys.ts";
import { type Entries, type Entry } from "./import_entries.ts";
import { importedDestination } from "./import_form.ts";
import { identityOf, readAllStored, type StoredDestination } from "./stored.ts";
import { keysLike, readTombstone } from "./tombstone.ts";
import type { Wanted } from "./wanted.ts";

/** A destination that is to be stored. */
export type Judged = {
  readonly label: string;
  readonly id: string;
  readonly name: string;
  readonly password: string;
  readonly wanted: Wanted;
  /** what no message may hold */
  readonly secrets: readonly string[];
};

export type Judgement = {
  readonly fresh: readonly Judged[];
  readonly skipped: readonly { readonly label: string; readonly because: string }[];
};

/** Judges a whole list against what is stored: what is new and what is left out, or every problem of every entry. */
export async function judge(
  redis: Redis,
  { entries, cluster }: Entries,
  trusted: boolean,
): Promise<Judgement | { readonly problems: readonly string[] }> {
  const stored = await readAllStored(redis);
  const passwords = await redis.hGetAll(KEYS.resticPassword) as Record<string, string>;
  const own = await redis.get(KEYS.clusterUuid);
  const disks = new Set(
    await Promise.all((await keysLike(redis, KEYS.vpnPattern)).map((key) => redis.hGet(key, "ip_address"))),
  );
  const problems: string[] = [];
  const fresh: Judged[] = [];
  const skipped: { label: string; because: string }[] = [];
  const seen = new Map<string, string>();
  for (const entry of entries) {
    const found = (words: readonly string[]): void =>
      void problems.push(...words.map((word) => `${entry.label}: ${word}`));
    if (entry.fields["provider"] === "cluster" && cluster !== undefined && cluster !== (own ?? "")) {
      skipped.push({ label: entry.label, because: "it is a disk of another cluster" });
      continue;
    }
    const read = importedDestination(entry, trusted);
    if ("problems" in read) {
      found(read.problems);
      continue;
    }
    const id = idOf(entry, read.wanted);
    if (parseUuid(id) === undefined) {
      found([`id is not a uuid in lower case`]);
      continue;
    }
    const before = seen.get(id);
    if (before !== undefined) found([`it is the same as ${before}`]);
    seen.set(id, entry.label);
    const address = /^webdav:http:\/\/(.*):4694$/.exec(read.wanted.url)?.[1]?.replace(/^\[|\]$/g, "");
    if (read.wanted.provider === "cluster" && address !== "127.0.0.1" && !disks.has(address ?? "")) {
      found([`no node of this cluster has the address in its url`]);
    }
    const identity = identityOf(read.wanted, read.wanted.parameters);
    const known = stored.find((each) => each.id === id);
    const other = stored.find((each) => each.id !== id && identityOf(each, each.parameters) === identity);
    if (known !== undefined) {
      const differences = differing(known, passwords[id], { ...read });
      if (differences.length > 0) {
        found([`destination ${id} is there already, with another ${differences.join(", ")}`]);
      } else {skipped.push({
          label: entry.label,
          because: `destination ${id} is there already, and the same`,
        });}
    } else if (await heldElse(redis, id, read.password)) {
      found([
        `destination ${id} was removed, and what is stored there needs the restic password of then, which is another`,
      ]);
    } else if (other !== undefined) found([`its storage is destination ${other.id} already`]);
    else fresh.push({ label: entry.label, id, ...read });
  }
  return problems.length > 0 ? { problems } : { fresh, skipped };
}

/** Whether a destination that was removed has left another password than this one. */
async function heldElse(redis: Redis, id: string, password: string): Promise<boolean> {
  const tombstone = await readTombstone(redis, id);
  return tombstone !== undefined && tombstone.restic_password !== password;
}

function idOf({ id }: Entry, wanted: Wanted): string {
  return id ?? identityOf(wanted, wanted.parameters);
}

/** What differs. Passwords that rclone obscures look different each time, so that they cannot be compared. */
function differing(
  known: StoredDestination,
  password: string | undefined,
  { name, password: given, wanted }: { name: string; password: string; wanted: Wanted },
): string[] {
  const relevant = (parameters: Wanted["parameters"]): string =>
    JSON.stringify(
      parameters.filter(([key, value]) =>
        !["env_auth", "no_check_bucket", "host_keys"].includes(key) && !wanted.plain.includes(key) &&
        value !== ""
      ).sort(([a], [b]) => a < b ? -1 : 1),
    );
  return [
    ...known.name === name ? [] : ["name"],
    ...known.provider === wanted.provider ? [] : ["provider"],
    ...known.url === wanted.url ? [] : ["url"],
    ...known.basepath === wanted.basepath ? [] : ["basepath"],
    ...relevant(known.parameters) === relevant(wanted.parameters) ? [] : ["configuration"],
    ...password === given ? [] : ["restic password"],
  ];
}
