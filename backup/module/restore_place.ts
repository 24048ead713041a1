import { parseIdentity } from "../../gateway/domain/identity.ts";
import { type Owner, startedBy } from "../owner.ts";
import type { Credentials } from "../restic/access.ts";

/** Where a module's data is on this host, and as whom it is reached: what a restore needs of a module. */
export type RestorePlace = {
  readonly module: string;
  readonly state: string;
  readonly owner: Owner;
  readonly credentials: Credentials;
  /** the name that this module's Podman has for a volume */
  volume(name: string): string;
};

/** NethServer 8's folders, and our own for hosts without it. */
const FOLDERS = "/home/{id}/.config:/var/lib/nethserver/{id}:/var/lib/rclone-gateway/modules/{id}";
const MOST_FILE = 64 << 10;

/** Finds it on this host, or says what is missing. MODULE_FOLDERS in the environment names other places. */
export async function findRestorePlace(module: string): Promise<RestorePlace | { readonly because: string }> {
  const patterns = (Deno.env.get("MODULE_FOLDERS") ?? FOLDERS).split(":").filter((each) => each !== "");
  const folder = patterns.map((each) => each.replaceAll("{id}", module)).find((each) => isFolder(each));
  if (folder === undefined) return { because: `${module} has no folder on this host` };
  const owner = await ownerOf(folder);
  if (owner === undefined) return { because: `${folder} belongs to nobody that this host knows` };
  const state = `${folder}/state`;
  // Not through a link: where it points is the module's choice.
  if (!isFolder(state)) return { because: `${state} is no folder` };
  const text = await readAs(owner, `${state}/agent.env`);
  if (text === undefined) return { because: `${state}/agent.env cannot be read as ${owner.name}` };
  const user = valueOf(text, "REDIS_USER");
  const secret = valueOf(text, "REDIS_PASSWORD");
  if (parseIdentity(user)?.kind !== "module" || user !== `module/${module}` || secret === "") {
    return { because: `${state}/agent.env has no REDIS_USER=module/${module} with its REDIS_PASSWORD` };
  }
  // A module of root's shares root's volumes with all others.
  const volume = (name: string): string => owner.uid === 0 ? `${module}-${name}` : name;
  return { module, state, owner, credentials: { user, secret }, volume };
}

function isFolder(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Who may change what is there: the owner of the folder, or of the one that it is in. */
async function ownerOf(folder: string): Promise<Owner | undefined> {
  const above = folder.slice(0, folder.lastIndexOf("/")) || "/";
  const uid = Deno.lstatSync(folder).uid || Deno.lstatSync(above).uid || 0;
  for (const line of (await Deno.readTextFile("/etc/passwd")).split("\n")) {
    const [name = "", , user, group, , home = "/"] = line.split(":");
    if (name !== "" && user === String(uid)) return { uid, gid: Number(group), name, home };
  }
  return undefined;
}

/** A file as its owner sees it: a link in a module's folder leads no further than the module itself could go. */
async function readAs(owner: Owner, path: string): Promise<string | undefined> {
  const { program, args, environment, clearEnvironment } = startedBy(owner, [
    "head",
    `--bytes=${MOST_FILE}`,
    "--",
    path,
  ]);
  if (program !== "setpriv") return await Deno.readTextFile(path).catch(() => undefined);
  const { success, stdout } = await new Deno.Command(program, {
    args: [...args],
    env: { ...environment },
    clearEnv: clearEnvironment,
    stderr: "null",
    signal: AbortSignal.timeout(5000), // it may be a pipe that nobody writes to
  }).output();
  return success ? new TextDecoder().decode(stdout) : undefined;
}

/** A variable's value from lines NAME=VALUE; empty where there is none. */
function valueOf(text: string, name: string): string {
  const line = text.split("\n").find((each) => each.startsWith(`${name}=`));
  return line?.slice(name.length + 1).trim() ?? "";
}
