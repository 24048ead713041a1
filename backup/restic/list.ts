import { because } from "./because.ts";
import { restic, type ResticCall } from "./restic.ts";

/**
 * The ids of what a repository has of a kind, or why they cannot be had. Names alone: what is in these objects is the application's
 * to write, as much of it as it likes. Locks nothing.
 */
export async function list(
  call: Pick<ResticCall, "access" | "cache" | "signal">,
  kind: "snapshots" | "locks",
): Promise<ReadonlySet<string> | { readonly because: string }> {
  const ids = new Set<string>();
  const ended = await restic({
    ...call,
    args: ["list", kind, "--no-lock"],
    onLine: (line) => void (/^[0-9a-f]{64}$/.test(line) && ids.add(line)),
  });
  return ended.code === 0 ? ids : { because: because(`list the ${kind}`, ended) };
}
