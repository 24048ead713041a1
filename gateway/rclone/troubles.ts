const PAUSE_FIRST_MS = 1000;
const PAUSE_LONGEST_MS = 60_000;

/** What is wrong with a storage whose rclone serves. Times are milliseconds since 1970. */
export type Trouble = { readonly since: number; readonly because: string; readonly retryAt: number };

/** What watching them works with. */
export type TroublesParts = {
  /** whether the storage behind an instance answers a question */
  readonly answers: (instance: string) => Promise<boolean>;
  readonly log: (message: string) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
  /** does something later, once; the time in milliseconds */
  readonly later: (what: () => void, milliseconds: number) => void;
};

const BECAUSE = "its storage fails requests: rclone's own words are in the gateway's log";

/**
 * Storages that fail although their rclone was started in order. Requests go on to them: they learn first when one is
 * back. From the first request that failed on the storage is asked by the gateway itself, with growing pauses, until
 * it answers: so the state is right although nobody uses it.
 */
export class Troubles {
  readonly #of = new Map<string, Trouble>();
  readonly #asked = new Set<string>();

  constructor(private readonly parts: TroublesParts) {}

  of(instance: string): Trouble | undefined {
    return this.#of.get(instance);
  }

  /** Says that the storage behind an instance has failed a request. */
  failed(instance: string): void {
    if (this.#asked.has(instance)) return;
    this.#asked.add(instance);
    void this.#ask(instance, PAUSE_FIRST_MS);
  }

  async #ask(instance: string, pause: number): Promise<void> {
    const [destination] = instance.split(".");
    const before = this.#of.get(instance);
    if (await this.parts.answers(instance)) {
      this.#asked.delete(instance);
      this.#of.delete(instance);
      if (before !== undefined) this.parts.log(`${destination}: its storage answers again`);
      return;
    }
    const now = this.parts.now();
    if (before === undefined) this.parts.log(`${destination}: ${BECAUSE}`);
    this.#of.set(instance, { since: before?.since ?? now, because: BECAUSE, retryAt: now + pause });
    this.parts.later(() => void this.#ask(instance, Math.min(2 * pause, PAUSE_LONGEST_MS)), pause);
  }
}
