import { canRefresh, tokenExpiry } from "../domain/oauth_token.ts";
import type { Uuid } from "../domain/uuid.ts";
import type { Instance } from "../render/bundle.ts";
import { tokenIn } from "./renew_token.ts";

/**
 * One that expires within this time is refreshed, so that the nodes that may not do so have a fresh one. rclone itself
 * begins ten seconds before (golang.org/x/oauth2, defaultExpiryDelta).
 */
const SOON_MS = 5000;
/** A provider that refuses is not asked again before this. */
const PAUSE_MS = 5 * 60_000;

/** What keeping tokens works with. */
export type TokensParts = {
  /** an instance's rclone.conf as it is now; undefined where it never ran */
  readonly read: (instance: Instance) => Promise<string | undefined>;
  /** makes an instance's rclone use its storage, and with that refresh what has expired */
  readonly use: (instance: Instance) => Promise<void>;
  /** stores a token in the place of another one; whether that was still there */
  readonly store: (destination: Uuid, before: string, now: string) => Promise<boolean>;
  readonly log: (message: string) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
};

/**
 * Writes back the tokens that rclone has refreshed. Run on one node of a cluster only, the leader's: the others get
 * tokens without what refreshes them.
 */
export class RotatedTokens {
  /** destination -> when it was last used for the sake of its token */
  readonly #used = new Map<string, number>();
  /** destinations that are being looked at: one whose storage hangs is left alone until it has answered */
  readonly #looking = new Set<string>();

  constructor(private readonly parts: TokensParts) {}

  /** Looks at every instance that has a token; one whose storage hangs holds up no other's. Never throws. */
  async look(instances: readonly Instance[]): Promise<void> {
    await Promise.all(instances.map(async (instance) => {
      if (this.#looking.has(instance.destination)) return;
      this.#looking.add(instance.destination);
      await this.#look(instance).catch((error) =>
        this.parts.log(`${instance.destination}: cannot write back its token: ${(error as Error).message}`)
      ).finally(() => this.#looking.delete(instance.destination));
    }));
  }

  async #look(instance: Instance): Promise<void> {
    const before = tokenIn(instance.rcloneConf);
    if (before === undefined || !canRefresh(before)) return;
    const file = await this.parts.read(instance);
    const now = file === undefined ? before : tokenIn(file) ?? before;
    if (now !== before) {
      const stored = await this.parts.store(instance.destination, before, now);
      if (stored) this.parts.log(`${instance.destination}: rclone has refreshed its token, and it is stored`);
      return;
    }
    const expiry = Date.parse(tokenExpiry(now) ?? "");
    const used = this.#used.get(instance.destination) ?? -Infinity;
    if (Number.isNaN(expiry) || expiry - this.parts.now() > SOON_MS || this.parts.now() - used < PAUSE_MS) {
      return;
    }
    this.#used.set(instance.destination, this.parts.now());
    await this.parts.use(instance);
  }
}
