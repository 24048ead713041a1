import { borrowed } from "./borrowed.ts";
import type { Instance } from "./bundle.ts";

/** The name of the remote that holds every destination as a folder. */
export const COMBINED = "combined";

/**
 * One rclone.conf for people: each destination's section, and `combined:`, in which each of them is a folder. A
 * `combine` remote fails as a whole when one upstream cannot be created: the caller leaves those out.
 */
export function renderCombined(
  instances: readonly Pick<Instance, "destination" | "fs" | "rcloneConf">[],
): string {
  const sections = instances.map(({ rcloneConf }) => borrowed(rcloneConf));
  // Without any, rclone refuses the section; then there is no such remote.
  if (instances.length === 0) return "";
  const upstreams = instances.map(({ destination, fs }) => quoted(`${destination}=${fs}`)).join(" ");
  return [...sections, `[${COMBINED}]\ntype = combine\nupstreams = ${upstreams}\n`].join("\n");
}

/** One of a list that blanks separate: in quotes, and a quote in it twice. Source: rclone, fs/config_list.go. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
