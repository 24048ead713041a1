import type { Access } from "../restic/access.ts";
import { restic, RESTIC_EXIT } from "../restic/restic.ts";
import { resticSaid } from "../snapshots/read_snapshots.ts";

/** What a module's snapshot has at its top: its state, its volumes by name, and anything else, which a restore into a module leaves out. */
export type Contents = {
  readonly state: boolean;
  readonly volumes: readonly string[];
  /** names at the top, and in `volumes/`, that are neither */
  readonly others: readonly string[];
};

/** As Podman names volumes. */
const VOLUME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
const MOST_VOLUMES = 100;
const MOST_OTHERS = 100;

/** Looks into a snapshot, or says why it cannot. Takes no lock. */
export async function readContents(
  access: Access,
  snapshot: string,
  signal?: AbortSignal,
): Promise<Contents | { readonly because: string }> {
  const { code, stdout, stderr } = await restic({
    access,
    // Each of these folders, and what is directly in it.
    args: ["ls", "--json", "--no-lock", snapshot, "/", "/volumes"],
    ...(signal === undefined ? {} : { signal }),
  });
  return code === RESTIC_EXIT.done ? contentsOf(stdout.split("\n")) : { because: resticSaid(code, stderr) };
}

/** From the lines of `restic ls --json`, each one node; names are whatever was backed up. */
export function contentsOf(lines: readonly string[]): Contents | { readonly because: string } {
  let state = false;
  const volumes = new Set<string>();
  const others = new Set<string>();
  for (const line of lines) {
    const { path, type } = node(line);
    if (path === undefined || path === "/") continue;
    const [, top = "", name, ...rest] = path.split("/");
    if (rest.length > 0) continue;
    if (name === undefined && type === "dir" && (top === "state" || top === "volumes")) {
      state ||= top === "state";
    } else if (name === undefined) others.add(top);
    else if (top === "volumes") {
      // restic's caches are volumes of a module's, too.
      const fit = type === "dir" && VOLUME.test(name) && !name.startsWith("restic-");
      if (fit) volumes.add(name);
      else others.add(`volumes/${name}`);
    }
  }
  if (volumes.size > MOST_VOLUMES) {
    return { because: `it has ${volumes.size} volumes, and ${MOST_VOLUMES} are the most` };
  }
  if (others.size > MOST_OTHERS) {
    return {
      because: `it has ${others.size} files and folders beside state/ and volumes/: restore it with --target`,
    };
  }
  return { state, volumes: [...volumes].sort(), others: [...others].sort() };
}

function node(line: string): { path?: string; type?: string } {
  try {
    const { path, type } = JSON.parse(line);
    return typeof path === "string" && typeof type === "string" ? { path, type } : {};
  } catch {
    return {};
  }
}
