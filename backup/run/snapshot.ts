import type { Uuid } from "../../gateway/domain/uuid.ts";
import type { Access } from "../restic/access.ts";
import { restic } from "../restic/restic.ts";

/** How a node asks about a repository. */
export type Asked = { readonly access: Access; readonly cache: string; readonly signal: AbortSignal };

/** What `restic stats` says of a snapshot, under NethServer 8's names. */
export type Stats = {
  readonly total_size: number;
  readonly total_file_count: number;
  readonly snapshots_count: number;
};

/**
 * The whole id (64 digits) of a snapshot that is in the repository and says it is `host`'s. Throws where there is none: a node
 * believes what the storage has, not what a program said. Reads without a lock: one that is left behind must not hide a snapshot.
 */
export async function findSnapshot(asked: Asked, id: string, host: Uuid): Promise<string> {
  const found = await ask(asked, ["snapshots", "--json", "--no-lock", id]);
  const listed: unknown = JSON.parse(found);
  const snapshots = Array.isArray(listed) ? listed as { id?: unknown; hostname?: unknown }[] : [];
  const [snapshot] = snapshots;
  const whole = snapshot?.id;
  if (snapshots.length !== 1 || typeof whole !== "string" || !/^[0-9a-f]{64}$/.test(whole)) {
    throw new Error(`the repository has no snapshot ${id}`);
  }
  if (!whole.startsWith(id)) throw new Error(`asked for snapshot ${id}, the repository names ${whole}`);
  if (snapshot?.hostname !== host) throw new Error(`snapshot ${id} is not of host ${host}`);
  return whole;
}

/** What a restore of a snapshot would write. */
export async function snapshotStats(asked: Asked, id: string): Promise<Stats> {
  const said = JSON.parse(await ask(asked, ["stats", "--json", "--no-lock", id])) as Record<string, unknown>;
  const number = (name: string): number => typeof said[name] === "number" ? said[name] as number : -1;
  return {
    total_size: number("total_size"),
    total_file_count: number("total_file_count"),
    snapshots_count: number("snapshots_count"),
  };
}

/**
 * What a snapshot holds that an earlier one did not, in bytes; -1 where that cannot be told. As the node sees it: what a backup has
 * added to the repository is its own word, and nothing where somebody has put the data there before.
 */
export async function newIn(asked: Asked, before: string, id: string): Promise<number> {
  let bytes = -1;
  const { access, cache, signal } = asked;
  const { code } = await restic({
    access,
    cache,
    signal,
    args: ["diff", "--json", "--no-lock", before, id],
    onLine: (line) => {
      if (!line.includes('"statistics"')) return;
      const { message_type, added } = JSON.parse(line) as {
        message_type?: unknown;
        added?: { bytes?: unknown };
      };
      if (message_type === "statistics" && typeof added?.bytes === "number") bytes = added.bytes;
    },
  });
  signal.throwIfAborted();
  return code === 0 ? bytes : -1;
}

async function ask({ access, cache, signal }: Asked, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await restic({ access, cache, args, signal });
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`restic ${args[0]} ended with ${code}: ${lastLine(stderr)}`);
  return stdout;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
