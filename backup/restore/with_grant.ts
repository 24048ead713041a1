import type { Uuid } from "../../gateway/domain/uuid.ts";
import { holdGrant, type Leader, type OtherGrant } from "./grant.ts";

const RELEASE_TRIES = 5;
const RELEASE_PAUSE_MS = 1000;

/** What happens to the grant meanwhile, for whoever watches. */
export type GrantEvent =
  | { readonly kind: "made" }
  | { readonly kind: "before"; readonly secondsLeft: number | undefined }
  | { readonly kind: "gone" }
  | { readonly kind: "not-renewed"; readonly because: string }
  | { readonly kind: "released" }
  /** it ends by itself then */
  | { readonly kind: "not-released"; readonly because: string; readonly withinMs: number };

/**
 * Runs something while `reader` may read what `source` has stored. The grant is renewed as long as that takes, and taken back when it
 * has ended, however it has, and at once when `signal` says so. Throws what making it throws.
 */
export async function withGrant<T>(
  parts: {
    readonly leader: Leader;
    readonly reader: Uuid;
    readonly source: Uuid;
    readonly ttlMs: number;
    readonly signal: AbortSignal;
    readonly tell: (event: GrantEvent) => void;
  },
  run: () => Promise<T>,
): Promise<{ readonly value: T } | OtherGrant> {
  const { leader, reader, source, ttlMs, signal, tell } = parts;
  const held = await holdGrant(leader, reader, source, ttlMs);
  if ("other" in held) return held;
  tell(held.before === undefined ? { kind: "made" } : { kind: "before", ...held.before });
  let renewing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = held.renew().then(
      (stands) => stands ? undefined : tell({ kind: "gone" }),
      (error) => tell({ kind: "not-renewed", because: (error as Error).message }),
    );
  }, ttlMs / 3);
  let releasing: Promise<void> | undefined;
  const release = (): Promise<void> =>
    releasing ??= (async () => {
      clearInterval(timer);
      await renewing;
      for (let tries = 1;; tries++) {
        try {
          await held.release();
          return tell({ kind: "released" });
        } catch (error) {
          if (tries === RELEASE_TRIES) {
            return tell({ kind: "not-released", because: (error as Error).message, withinMs: ttlMs });
          }
        }
        await new Promise((resolve) => setTimeout(resolve, RELEASE_PAUSE_MS));
      }
    })();
  const atOnce = (): void => void release();
  signal.addEventListener("abort", atOnce, { once: true });
  try {
    signal.throwIfAborted();
    return { value: await run() };
  } finally {
    signal.removeEventListener("abort", atOnce);
    await release();
  }
}
