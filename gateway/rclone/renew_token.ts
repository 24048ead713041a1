import { canRefresh, TOKEN_KEY } from "../domain/oauth_token.ts";
import { replaceFile } from "../replace_file.ts";

/** The token in an rclone.conf of one section, as text; undefined where there is none. */
export function tokenIn(rcloneConf: string): string | undefined {
  return new RegExp(`^${TOKEN_KEY}[ \\t]*=[ \\t]*(.*?)[ \\t]*$`, "m").exec(rcloneConf)?.[1];
}

/**
 * Puts another token in place of the one in an rclone.conf that is in use: rclone reads it again once its own has expired.
 * Where this node's rclone refreshes its token itself, and this is not what it has written, somebody has replaced it,
 * perhaps because the old one does not work any more: then rclone has to start again (`restart`).
 */
export async function renewToken(path: string, rcloneConf: string): Promise<"none" | "renewed" | "restart"> {
  let current: string;
  try {
    current = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "none"; // it never ran
    throw error;
  }
  const token = tokenIn(rcloneConf);
  if (token === undefined || token === tokenIn(current)) return "none";
  await replaceFile(path, rcloneConf);
  return canRefresh(token) ? "restart" : "renewed";
}
