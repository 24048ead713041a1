import { oneLine } from "../../gateway/domain/node_trial.ts";
import type { Access } from "../restic/access.ts";
import { restic, RESTIC_EXIT, TEMPORARY_CACHE } from "../restic/restic.ts";
import { resticSaid } from "../snapshots/read_snapshots.ts";
import type { Share } from "./share.ts";

/** How long the second look waits for whoever holds a lock. */
const RETRY_LOCK = "15m";

/**
 * Checks a repository's structure, and reads one share of its data: undefined where nothing is wrong, or what is, in one line. The
 * first look takes no lock and keeps no backup waiting; but a prune that runs at the same time looks to it like damage, so that what
 * it finds wrong counts only if a second look, with the lock, finds it, too.
 */
export async function checkShare(
  access: Access,
  share: Share,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const first = await check(access, share, ["--no-lock"], signal);
  if (first === undefined || signal?.aborted) return first;
  return await check(access, share, [`--retry-lock=${RETRY_LOCK}`], signal);
}

async function check(
  access: Access,
  { n, of }: Share,
  lock: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const errors: string[] = [];
  const { code, stderr } = await restic({
    access,
    cache: TEMPORARY_CACHE,
    args: ["check", "--json", `--read-data-subset=${n}/${of}`, ...lock],
    onLine: (line) => void errors.push(...errors.length < 3 ? saidWrong(line) : []),
    ...(signal === undefined ? {} : { signal }),
  });
  if (code === RESTIC_EXIT.done) return undefined;
  return oneLine([...errors, resticSaid(code, stderr)].join("; ")).slice(0, 500);
}

/** What a line of `restic check --json` says is wrong. */
function saidWrong(line: string): string[] {
  try {
    const { message_type, message, broken_packs } = JSON.parse(line);
    if (message_type === "error" && typeof message === "string") return [message];
    if (message_type === "summary" && Array.isArray(broken_packs) && broken_packs.length > 0) {
      return [`damaged packs: ${broken_packs.slice(0, 5).join(", ")}`];
    }
  } catch { /* nothing that says what is wrong */ }
  return [];
}
