import type { RcloneServer } from "../domain/decision.ts";
import { RcloneError, RcloneSilent } from "./control.ts";
import { withoutSecrets } from "./without_secrets.ts";

const PAUSE_FIRST_MS = 1000;
const PAUSE_LONGEST_MS = 60_000;

/** How a destination's rclone is. Times are milliseconds since 1970. */
export type InstanceState =
  | { readonly kind: "idle" }
  | { readonly kind: "starting" }
  | { readonly kind: "serving"; readonly servers: readonly RcloneServer[] }
  | { readonly kind: "failing"; readonly since: number; readonly because: string; readonly retryAt: number };

/**
 * The state after an error, the `failures`th in a row: failing since the first of them, not tried again before a pause
 * that grows with each. The reason holds no secret of the configuration.
 */
export function failing(
  before: InstanceState,
  failures: number,
  error: Error,
  rcloneConf: string,
  now: number,
): Extract<InstanceState, { kind: "failing" }> {
  // An error of Deno's own says more with its name.
  const plain = error instanceof RcloneError || error instanceof RcloneSilent || error.name === "Error";
  const because = withoutSecrets(plain ? error.message : `${error.name}: ${error.message}`, rcloneConf);
  const pause = Math.min(PAUSE_FIRST_MS * 2 ** (failures - 1), PAUSE_LONGEST_MS);
  return {
    kind: "failing",
    since: before.kind === "failing" ? before.since : now,
    because,
    retryAt: now + pause,
  };
}
