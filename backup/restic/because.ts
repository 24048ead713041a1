import type { ResticEnded } from "./restic.ts";

/**
 * Why restic has not done what it was asked, in one line: what it said last. It may quote what an application has written into the
 * repository: no control character of it gets through, and not more than a few hundred characters.
 */
export function because(what: string, { code, stdout, stderr }: ResticEnded): string {
  const said = (stderr.trim() || stdout.trim()).split("\n").slice(-3).join("; ")
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim().slice(0, 400);
  return `Cannot ${what}: restic ended with ${code}${said === "" ? "" : `: ${said}`}`;
}
