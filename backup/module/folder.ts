import type { Owner } from "../owner.ts";
import { ownerOf, type Part } from "./owner_of.ts";
import { userOf } from "./passwd.ts";

/** Where a module is on this host, and whose that is. What is in it is read and run as the owner only. */
export type ModuleFolder = { readonly path: string; readonly owner: Owner };

/** Where modules are: NethServer 8's folders, rootless and root's, and the gateway's own. */
export const MODULE_FOLDERS =
  "/home/{id}/.config:/var/lib/nethserver/{id}:/var/lib/rclone-gateway/modules/{id}";

const ROOT: Owner = { uid: 0, gid: 0, name: "root", home: "/root" };

/** Finds a module's folder: the first of the patterns (with `{id}`, separated by `:`) that is there. Or says why there is none. */
export async function findFolder(
  id: string,
  patterns: string,
): Promise<ModuleFolder | { readonly problem: string }> {
  const places = patterns.split(":").filter((pattern) => pattern.startsWith("/") && pattern.includes("{id}"));
  for (const place of places) {
    const parts = await partsOf(place, id);
    const last = parts?.at(-1);
    if (parts === undefined || last === undefined) continue;
    const owner = await judged(parts);
    if ("because" in owner) {
      return { problem: `module/${id} has a folder that nobody can be trusted with: ${owner.because}` };
    }
    const user = owner.uid === 0 ? ROOT : userOf(await Deno.readTextFile("/etc/passwd"), owner.uid);
    if (user === undefined) {
      return { problem: `${last.path} belongs to user ${owner.uid}, who is not in /etc/passwd` };
    }
    return { path: last.path, owner: user };
  }
  const looked = places.map((place) => place.replaceAll("{id}", id)).join(", ") ||
    "MODULE_FOLDERS names none";
  return { problem: `module/${id} has no folder on this node: ${looked}` };
}

/** Whose it is. In root's folder, what things are read from and run from has to be root's, too. */
async function judged(parts: readonly Part[]): Promise<ReturnType<typeof ownerOf>> {
  const owner = ownerOf(parts);
  if ("because" in owner || owner.uid !== 0) return owner;
  for (const name of ["bin", "etc", "state"]) {
    const below = await ifThere(() => part(`${parts.at(-1)?.path}/${name}`));
    const of = below === undefined ? owner : ownerOf([...parts, below]);
    if ("because" in of) return of;
    if (of.uid !== 0) return { because: `${below?.path} belongs to user ${of.uid}, in a folder of root` };
  }
  return owner;
}

/**
 * Every folder on the way to the module's, from the root on; undefined where it is not there. What leads up to the modules is the
 * host's, and may be links (such as /home); what comes after may not.
 */
function partsOf(pattern: string, id: string): Promise<Part[] | undefined> {
  const before = pattern.slice(0, pattern.indexOf("{id}"));
  const fixed = before.slice(0, before.lastIndexOf("/") + 1);
  return ifThere(async () => {
    let path = await Deno.realPath(fixed);
    const parts: Part[] = [];
    for (let above = path; above !== "/"; above = above.slice(0, above.lastIndexOf("/")) || "/") {
      parts.unshift(await part(above));
    }
    parts.unshift(await part("/"));
    for (const name of pattern.slice(fixed.length).replaceAll("{id}", id).split("/").filter(Boolean)) {
      path = `${path === "/" ? "" : path}/${name}`;
      parts.push(await part(path));
    }
    return parts;
  });
}

async function ifThere<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

async function part(path: string): Promise<Part> {
  const { uid, mode, isSymlink, isDirectory } = await Deno.lstat(path);
  return {
    path,
    uid: uid ?? -1,
    mode: mode ?? 0,
    kind: isSymlink ? "link" : isDirectory ? "folder" : "other",
  };
}
