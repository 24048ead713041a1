import type { Instance } from "../render/bundle.ts";
import { runRclone } from "./run.ts";
import { withoutSecrets } from "./without_secrets.ts";

const AT_A_TIME = 8;
const TIMEOUT_MS = 15_000;

/**
 * Which destinations cannot be created as remotes now, and rclone's words about it. `backend features` creates the
 * remote and looks at nothing that is stored.
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

async function trouble(folder: string, instance: Instance): Promise<string | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const args = ["--contimeout", "10s", "--low-level-retries", "1", "backend", "features", instance.fs];
  let said = "";
  for await (const piece of runRclone(folder, { args, config: instance.rcloneConf, signal })) {
    if ("exit" in piece) {
      if (piece.exit === 0) return undefined;
    } else if (piece.stream === "stderr") said += new TextDecoder().decode(piece.data);
  }
  return signal.aborted
    ? `it did not answer within ${TIMEOUT_MS / 1000} s`
    : said.trim().split("\n").at(-1) ?? "it failed";
}
