import { type AppType, parseAppType } from "../../gateway/domain/app_type.ts";
import { oneLine } from "../../gateway/domain/node_trial.ts";
import { formatRepositoryPath, type RepositoryPath } from "../../gateway/domain/repository.ts";
import { parseUuid, type Uuid } from "../../gateway/domain/uuid.ts";
import { atOnce } from "../at_once.ts";
import type { Answer, WebDav } from "../webdav/webdav.ts";
import type { Entry } from "../webdav/multistatus.ts";
import { type Manifest, MOST_MANIFEST, parseManifest } from "./manifest.ts";

/** A repository on a destination, with what lies beside it about it. */
export type StoredRepository = {
  readonly path: RepositoryPath;
  readonly manifest?: Manifest;
  /** what is wrong with its manifest, in words */
  readonly problems: readonly string[];
};

/** What one destination stores. */
export type Survey = {
  readonly repositories: readonly StoredRepository[];
  /** what nothing here has stored: paths below the destination, for a terminal */
  readonly foreign: readonly string[];
  /** what could not be looked at, and why */
  readonly problems: readonly string[];
};

/** More of them than any cluster has; what is beyond is named as not looked at. */
const MOST_APP_TYPES = 500;
const MOST_REPOSITORIES = 5000;
const MOST_NAMED = 1000;
const MOST_PROBLEMS = 20;
const AT_ONCE = 8;
/** A dump of the cluster, which NethServer 8 puts beside the folders; and the mark of a gateway's disk. */
const OURS = /^(cluster-backup-[0-9a-f-]{1,36}\.json\.gz\.gpg|\.rclone-gateway-disk)$/;

/**
 * Looks through a destination, folder by folder: `<app type>/<module uuid>/config` and `<app type>/<module uuid>.json`. Names and
 * manifests are a stranger's. `now` in seconds.
 */
export async function survey(dav: WebDav, destination: Uuid, now: number): Promise<Survey> {
  const foreign: string[] = [];
  const problems: string[] = [];
  const repositories: StoredRepository[] = [];
  const name = (path: string): void => {
    if (foreign.length < MOST_NAMED) foreign.push(oneLine(path).slice(0, 200));
    else if (foreign.length === MOST_NAMED) foreign.push("and more");
  };
  const list = async (path: string): Promise<Entry[]> => {
    const answer = await dav.list(`/${destination}/${path}`);
    if (answer.kind === "found") return answer.value;
    // A destination to which nothing was written has no folder yet.
    if (answer.kind === "failed" || path !== "") problems.push(`${path || "/"}: ${because(answer)}`);
    return [];
  };
  const bounded = <T>(what: string, all: readonly T[], most: number): readonly T[] => {
    if (all.length > most) problems.push(`${what}: only ${most} of ${all.length} were looked at`);
    return all.slice(0, most);
  };

  const types: AppType[] = [];
  for (const entry of await list("")) {
    const type = entry.folder ? parseAppType(entry.name) : undefined;
    if (type !== undefined) types.push(type);
    else if (entry.folder || !OURS.test(entry.name)) name(entry.name);
  }
  const found: { path: RepositoryPath; manifest: boolean }[] = [];
  await atOnce(bounded("app types", types.sort(), MOST_APP_TYPES), AT_ONCE, async (appType) => {
    const folders: Uuid[] = [];
    const manifests = new Set<string>();
    for (const entry of await list(`${appType}/`)) {
      const uuid = parseUuid(entry.folder ? entry.name : entry.name.replace(/\.json$/, ""));
      if (uuid === undefined || (!entry.folder && !entry.name.endsWith(".json"))) {
        name(`${appType}/${entry.name}`);
      } else if (entry.folder) folders.push(uuid);
      else manifests.add(uuid);
    }
    for (const moduleUuid of folders) {
      found.push({ path: { appType, moduleUuid }, manifest: manifests.delete(moduleUuid) });
    }
    for (const uuid of manifests) name(`${appType}/${uuid}.json`);
  });
  found.sort((a, b) => formatRepositoryPath(a.path) < formatRepositoryPath(b.path) ? -1 : 1);
  const looked = bounded("repositories", found, MOST_REPOSITORIES);
  for (const each of await atOnce(looked, AT_ONCE, (each) => look(dav, destination, each, now))) {
    if ("because" in each) problems.push(each.because);
    else if ("foreign" in each) name(each.foreign);
    else repositories.push(each);
  }
  const more = problems.length - MOST_PROBLEMS;
  return {
    repositories,
    foreign: foreign.sort(),
    problems: more > 0 ? [...problems.slice(0, MOST_PROBLEMS), `and ${more} more`] : problems,
  };
}

async function look(
  dav: WebDav,
  destination: Uuid,
  { path, manifest }: { path: RepositoryPath; manifest: boolean },
  now: number,
): Promise<StoredRepository | { readonly because: string } | { readonly foreign: string }> {
  const place = formatRepositoryPath(path);
  const config = await dav.has(`/${destination}/${place}/config`);
  if (config.kind === "absent") return { foreign: `${place}/ (no config in it)` };
  if (config.kind === "failed") return { because: `${place}: ${config.because}` };
  if (!manifest) return { path, problems: [] };
  const text = await dav.read(`/${destination}/${place}.json`, MOST_MANIFEST);
  return text.kind === "found"
    ? { path, ...parseManifest(text.value, path, now) }
    : { path, problems: [`it cannot be read: ${because(text)}`] };
}

function because(answer: Exclude<Answer<unknown>, { kind: "found" }>): string {
  return answer.kind === "absent" ? "it is gone" : answer.because;
}
