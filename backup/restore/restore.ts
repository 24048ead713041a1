import type { RestorePlace } from "../module/restore_place.ts";
import type { Owner } from "../owner.ts";
import type { Access } from "../restic/access.ts";
import { type Mount, restic, RESTIC_EXIT, TEMPORARY_CACHE } from "../restic/restic.ts";
import { resticSaid } from "../snapshots/read_snapshots.ts";
import type { Contents } from "./contents.ts";
import { parseRestoreMessage, type RestoreMessage } from "./messages.ts";
import { literalPattern } from "./pattern.ts";

/** Where to: the folders and volumes that restic's container sees, and what of the snapshot stays out. */
export type Target = {
  readonly mounts: readonly Mount[];
  /** inside the container */
  readonly folder: string;
  readonly excluded: readonly string[];
  readonly owner?: Owner;
};

/** What a module is by itself, and what another's backup must not make it: its identity and its secret. */
const OWN = ["/state/environment", "/state/agent.env"] as const;

/** Into a module's state folder and volumes, which Podman makes where they are missing. */
export function moduleTarget(place: RestorePlace, contents: Contents): Target {
  return {
    mounts: [
      { source: place.state, target: "/srv/state" },
      ...contents.volumes.map((name) => ({ source: place.volume(name), target: `/srv/volumes/${name}` })),
    ],
    folder: "/srv",
    excluded: [...OWN, ...contents.others.map((path) => `/${path}`)],
    owner: place.owner,
  };
}

/** All of it into a folder of the host's. */
export function folderTarget(folder: string): Target {
  return { mounts: [{ source: folder, target: "/target" }], folder: "/target", excluded: [] };
}

/** How a restore ended: what restic counted, and why it failed if it did. */
export type Restored = {
  readonly files: number;
  readonly bytes: number;
  readonly because?: string;
};

/** Restores one snapshot, without a lock. `verify`: reads all of it again, and compares with what is stored. */
export async function restore(parts: {
  readonly access: Access;
  readonly snapshot: string;
  readonly target: Target;
  readonly only?: readonly string[];
  readonly verify: boolean;
  readonly name?: string;
  readonly onMessage?: (message: RestoreMessage) => void;
  readonly signal?: AbortSignal;
}): Promise<Restored> {
  const { access, snapshot, target, only = [], verify, name, onMessage, signal } = parts;
  let files = 0;
  let bytes = 0;
  const errors: string[] = [];
  const { code, stderr } = await restic({
    access,
    args: [
      "restore",
      "--json",
      "--no-lock",
      snapshot,
      `--target=${target.folder}`,
      // Rights of programs are the host's to give.
      "--exclude-xattr=security.*",
      ...target.excluded.map((path) => `--exclude=${literalPattern(path)}`),
      ...only.map((path) => `--include=${literalPattern(path)}`),
      ...verify ? ["--verify"] : [],
    ],
    mounts: target.mounts,
    cache: TEMPORARY_CACHE,
    podman: ["--env=RESTIC_PROGRESS_FPS=1"],
    ...(target.owner === undefined ? {} : { owner: target.owner }),
    ...(name === undefined ? {} : { name }),
    onLine: (line) => {
      const message = parseRestoreMessage(line);
      if (message === undefined) return;
      if (message.kind === "error") errors.push(...errors.length < 20 ? [message.text] : []);
      else if (message.kind === "summary") ({ files, bytes } = message);
      onMessage?.(message);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  const [first] = errors;
  if (code !== RESTIC_EXIT.done) {
    const said = resticSaid(code, stderr);
    return { files, bytes, because: first === undefined ? said : `${said}; ${first}` };
  }
  return first === undefined ? { files, bytes } : { files, bytes, because: first };
}
