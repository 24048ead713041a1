import type { InstanceState } from "./rclone/instance_state.ts";
import type { Instance } from "./render/bundle.ts";
import { renderCombined } from "./render/combined.ts";
import { replaceFile } from "./replace_file.ts";

/**
 * The rclone.conf that people find inside the container: every destination, as far as it can be created, and `combined:`.
 * Returns what writes it where it has changed, one after the other; that never throws.
 */
export function combinedFile(
  path: string,
  stateOf: (instance: string) => InstanceState,
  log: (message: string) => void,
): (instances: readonly Instance[]) => Promise<void> {
  let last = Promise.resolve();
  let written = "";
  return (instances) =>
    last = last.then(async () => {
      const text = renderCombined(instances.filter(({ name }) => stateOf(name).kind !== "failing"));
      if (text === written) return;
      await replaceFile(path, text);
      written = text;
    }).catch((error) => log(`Cannot write ${path}: ${(error as Error).message}`));
}
