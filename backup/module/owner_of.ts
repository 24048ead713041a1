/** A part of a path, from the root on. */
export type Part = {
  readonly path: string;
  readonly uid: number;
  readonly mode: number;
  readonly kind: "folder" | "link" | "other";
};

/**
 * Whose the folder at the end of the path is: the first owner on the way who is not root, since that one may put there what he
 * likes, and root where there is none. Or why nobody can tell: what is started for the folder is started as its owner, so a link
 * or a folder that others can exchange could make it run as root.
 */
export function ownerOf(parts: readonly Part[]): { readonly uid: number } | { readonly because: string } {
  let owner = 0;
  for (const { path, uid, mode, kind } of parts) {
    if (kind === "link") return { because: `${path} is a symbolic link` };
    if (kind === "other") return { because: `${path} is not a folder` };
    if (owner === 0) owner = uid;
    else if (uid !== owner) {
      return { because: `${path} belongs to user ${uid}, in a folder of user ${owner}` };
    }
    const sticky = (mode & 0o1000) !== 0;
    if (owner === 0 && (mode & 0o022) !== 0 && !sticky) {
      return { because: `${path} is root's, and others may write in it` };
    }
  }
  return { uid: owner };
}
