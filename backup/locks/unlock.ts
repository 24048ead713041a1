import type { Access } from "../restic/access.ts";
import { restic } from "../restic/restic.ts";
import type { Verdict } from "../status.ts";

/** A stand-in until the real one is there: removes what restic itself takes for stale. */
export async function unlock({ access, cache, signal }: {
  access: Access;
  cache: string;
  alive: boolean;
  signal?: AbortSignal;
}): Promise<{ verdict: Verdict; oldestLock: number }> {
  const { code, stderr } = await restic({
    access,
    cache,
    args: ["unlock"],
    ...(signal === undefined ? {} : { signal }),
  });
  const verdict: Verdict = code === 0
    ? { kind: "done" }
    : { kind: "failed", because: `restic unlock ended with ${code}: ${stderr.trim()}` };
  return { verdict, oldestLock: 0 };
}
