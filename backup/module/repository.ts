import type { Verdict } from "../status.ts";
import { restic, RESTIC_EXIT, type ResticCall } from "../restic/restic.ts";
import { tellEnd } from "../restic/tell_end.ts";

/** Makes sure that the repository is there. It is made where restic says that there is none, and for no other reason. */
export async function provideRepository(
  call: Omit<ResticCall, "args">,
): Promise<Verdict & { readonly made?: true }> {
  const asked = await restic({ ...call, args: ["cat", "config", "--no-lock"] });
  if (asked.code === RESTIC_EXIT.done) return { kind: "done" };
  if (asked.code !== RESTIC_EXIT.noRepository) {
    return { kind: "failed", because: `Cannot open the repository: ${tellEnd(asked)}` };
  }
  const made = await restic({ ...call, args: ["init"] });
  if (made.code === RESTIC_EXIT.done) return { kind: "done", made: true };
  return { kind: "failed", because: `Cannot make the repository: ${tellEnd(made)}` };
}
