import { parseRcloneSection } from "../redis/rclone_section.ts";
import { type Parameters, sectionProblems } from "../rclone/section_policy.ts";

/** The parameters in a raw configuration of rclone, or everything that is wrong with it, without its values. */
export function readRawSection(
  text: string,
  trusted: boolean,
): { readonly parameters: Parameters } | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  // Told here, and not as a line that cannot be read. They are refused to everybody: the gateway does not pass them on.
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/).filter((line) => {
    const [, key] = /^\s*((?:override|global)\.[A-Za-z0-9_.-]{1,40})\s*=/.exec(line) ?? [];
    if (key !== undefined) problems.push(`${key} is refused: it changes rclone's own options`);
    return key === undefined;
  });
  try {
    const parameters = parseRcloneSection(lines.join("\n"));
    problems.push(...sectionProblems(parameters, trusted));
    if (problems.length === 0) return { parameters };
  } catch (error) {
    problems.push((error as Error).message);
  }
  return { problems };
}

/** The text in base64, or undefined where it is none or not UTF-8. */
export function decodeBase64(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64.replace(/\s+/g, "")), (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
