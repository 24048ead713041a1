import { oneLine } from "../../gateway/domain/node_trial.ts";
import { parseIdentity } from "../../gateway/domain/identity.ts";
import type { RepositoryPath } from "../../gateway/domain/repository.ts";
import { parseUuid, type Uuid } from "../../gateway/domain/uuid.ts";

/**
 * What `<app type>/<module uuid>.json` says of the repository beside it: who has backed up there, where, when. Names are
 * NethServer 8's. Whoever can write to the storage can write anything here: it is shown, and nothing is decided by it.
 */
export type Manifest = {
  readonly module: string;
  /** the name that people have given it, in one line */
  readonly name: string;
  readonly node: string;
  readonly cluster: Uuid | undefined;
  /** in seconds since 1970; 0 where it is not said */
  readonly written: number;
  /** whether the run that wrote it went well, if it says so */
  readonly success: boolean | undefined;
};

/** Manifests have some hundred bytes. */
export const MOST_MANIFEST = 64 << 10;
/** How far clocks may be apart, in seconds. */
const CLOCKS = 600;
const MOST_NAME = 120;

/**
 * A manifest, field by field, and everything that is wrong with it: what is not valid is left out of it, what is said falsely of
 * its place (another uuid, another kind of application, a time that has not come) stays and is named. `now` in seconds.
 */
export function parseManifest(
  text: string,
  { appType, moduleUuid }: RepositoryPath,
  now: number,
): { readonly manifest?: Manifest; readonly problems: readonly string[] } {
  let found: Record<string, unknown>;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error();
    found = value as Record<string, unknown>;
  } catch {
    return { problems: ["it is no JSON object"] };
  }
  const problems: string[] = [];
  const line = (field: string): string => {
    const value = Object.hasOwn(found, field) ? found[field] : undefined;
    if (value === undefined || value === null || value === "") return "";
    if (typeof value !== "string") {
      problems.push(`${field} is no text`);
      return "";
    }
    return oneLine(value).slice(0, MOST_NAME);
  };

  const uuid = line("uuid");
  if (uuid === "") problems.push("it names no uuid");
  else if (uuid !== moduleUuid) problems.push(`it says that it is of ${uuid}`);

  const id = line("module_id");
  const identity = parseIdentity(`module/${id}`);
  if (id !== "" && identity?.kind !== "module") {
    problems.push(`module_id is "${id}", which is no module's id`);
  } else if (identity?.kind === "module" && identity.appType !== appType) {
    problems.push(`it says that it is of ${identity.name}, which would be in ${identity.appType}/`);
  }
  const cluster = line("cluster_uuid");
  if (cluster !== "" && parseUuid(cluster) === undefined) {
    problems.push(`cluster_uuid is "${cluster}", which is no uuid`);
  }
  const time = found["timestamp"];
  const written = typeof time === "number" && Number.isSafeInteger(time) && time > 0 && time < 1e11
    ? time
    : 0;
  if (time !== undefined && written === 0) problems.push("timestamp is no time");
  if (written > now + CLOCKS) problems.push(`it says that it was written in the future`);
  const success = found["success"];
  if (success !== undefined && typeof success !== "boolean") {
    problems.push("success is neither true nor false");
  }
  return {
    manifest: {
      module: identity?.kind === "module" ? id : "",
      name: line("module_ui_name"),
      node: line("node_fqdn"),
      cluster: parseUuid(cluster),
      written,
      success: typeof success === "boolean" ? success : undefined,
    },
    problems,
  };
}
