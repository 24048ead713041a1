import type { Owner } from "../owner.ts";
import { readAsOwner } from "../as_owner.ts";
import type { Credentials } from "../restic/access.ts";
import { credentialsIn, parseEnvironment } from "./environment.ts";
import { findFolder, MODULE_FOLDERS } from "./folder.ts";

/** Where a module's data is on this host, and as whom it is reached: what a restore needs of a module. */
export type RestorePlace = {
  readonly module: string;
  readonly state: string;
  readonly owner: Owner;
  readonly credentials: Credentials;
  /** the name that this module's Podman has for a volume */
  volume(name: string): string;
};

/** Finds it on this host, or says what is missing. MODULE_FOLDERS in the environment names other places. */
export async function findRestorePlace(module: string): Promise<RestorePlace | { readonly because: string }> {
  const folder = await findFolder(module, Deno.env.get("MODULE_FOLDERS") || MODULE_FOLDERS);
  if ("problem" in folder) return { because: folder.problem };
  const { path, owner } = folder;
  const state = `${path}/state`;
  // Not through a link: where it points is the module's choice.
  if (!await isFolder(state)) return { because: `${state} is no folder` };
  const file = `${state}/agent.env`;
  const text = await readAsOwner(owner, file).catch((error: Error) => ({ because: error.message }));
  if (typeof text === "object") return text;
  const credentials = credentialsIn(parseEnvironment(text ?? ""), `module/${module}`);
  if ("because" in credentials) return { because: `Cannot use ${file}: ${credentials.because}` };
  // A module of root's shares root's volumes with all others.
  const volume = (name: string): string => owner.uid === 0 ? `${module}-${name}` : name;
  return { module, state, owner, credentials, volume };
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(({ isDirectory }) => isDirectory, () => false);
}
