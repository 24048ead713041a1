import type { Instance } from "../render/bundle.ts";
import { borrowed } from "../render/borrowed.ts";
import { rcloneAlone } from "./alone.ts";
import { withoutSecrets } from "./without_secrets.ts";

const AT_A_TIME = 8;
const TIMEOUT_MS = 15_000;

/**
 * Which destinations cannot be created as remotes now, and rclone's words about it. `backend features` creates the
 * remote and looks at nothing that is stored. `folder` is for temporary ones.
 */
export async function notCreatable(
  folder: string,
  instances: readonly Instance[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const queue = [...instances];
  const worker = async (): Promise<void> => {
    for (let instance = queue.pop(); instance !== undefined; instance = queue.pop()) {
      const because = await trouble(folder, instance);
      if (because !== undefined) {
        found.set(instance.destination, withoutSecrets(because, instance.rcloneConf));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return found;
}

async function trouble(folder: string, { fs, rcloneConf }: Instance): Promise<string | undefined> {
  const own = await Deno.makeTempDir({ dir: folder, prefix: "try-" });
  try {
    await Deno.writeTextFile(`${own}/rclone.conf`, borrowed(rcloneConf), { mode: 0o600 });
    const args = ["--contimeout", "10s", "--low-level-retries", "1", "backend", "features", fs];
    const { code, stderr } = await rcloneAlone(own, args, { withinMs: TIMEOUT_MS });
    if (code === 0) return undefined;
    if (code === undefined) return `it did not answer within ${TIMEOUT_MS / 1000} s`;
    return stderr.trim().split("\n").at(-1) ?? "it failed";
  } finally {
    await Deno.remove(own, { recursive: true });
  }
}
