import { rcloneAlone } from "./alone.ts";
import { privateFolder } from "./private_folder.ts";

const WITHIN_MS = 10_000;

/** A password as rclone keeps it in its configuration. rclone does it, and gets the password on its standard input. */
export async function obscure(password: string): Promise<string> {
  using folder = privateFolder();
  const ended = await rcloneAlone(folder.path, ["obscure", "-"], {
    input: `${password}\n`,
    withinMs: WITHIN_MS,
  });
  const obscured = ended.stdout.trim();
  if (ended.code !== 0 || !/^[A-Za-z0-9_-]{22,}$/.test(obscured)) {
    throw new Error(`Cannot obscure a password: rclone obscure ended with ${ended.code ?? "no answer"}`);
  }
  return obscured;
}
