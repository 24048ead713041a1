import type { DesiredState } from "./domain/destination.ts";
import type { Bundle } from "./render/bundle.ts";

const TRY_AGAIN_MS = 5000;
/** The same where what Redis holds is not all there yet, or cannot be read: a replica may just be copying or loading it. */
const READ_AGAIN_MS = 2000;

/** What the reconciler works with; each may throw, and then what runs is kept. */
export type ReconcilerParts = {
  /** what Redis holds; undefined where there is no connection to ask over */
  readonly read: () => Promise<DesiredState | undefined>;
  readonly render: (state: DesiredState) => Bundle;
  /** told of a bundle before it is applied: what it names may be asked for from now on */
  readonly prepare: (candidate: Bundle) => Promise<void>;
  /** how long applying another one has to wait, in milliseconds */
  readonly wait: () => Promise<number>;
  /** makes HAProxy run with it; returns why it does not */
  readonly apply: (candidate: Bundle) => Promise<string | undefined>;
  /** told after each comparison: what is not needed any more may end */
  readonly settle: () => Promise<void>;
  readonly log: (message: string) => void;
};

/**
 * Keeps what runs equal to what Redis holds: read -> render -> same as before? -> apply. Many changes at once lead to
 * one comparison: while one runs, the next is only noted. Whatever fails leaves what ran before, and its reason.
 */
export class Reconciler {
  state: DesiredState = {
    complete: false,
    destinations: [],
    networks: [],
    ownAddress: undefined,
    peers: [],
    unreachable: [],
    problems: [],
  };
  /** what runs */
  bundle: Bundle;
  /** the same, but for the moment of a switch: HAProxy's new worker asks about what is in the new one */
  offered: Bundle;
  /** why what runs is not what Redis holds; undefined where it is */
  refused: string | undefined = "not read from Redis yet";
  /** what HAProxy runs with, as text; undefined where that is not known, as after a restart of the controller */
  #applied: string | undefined;
  #pending: string | undefined;
  #comparing: Promise<void> | undefined;
  #trying: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly parts: ReconcilerParts) {
    this.bundle = this.offered = parts.render(this.state);
  }

  /** Says that something may have changed, and why. Returns when a comparison that began after this has ended. */
  changed(reason: string): Promise<void> {
    this.#pending = reason;
    this.#comparing ??= this.#compareAll().finally(() => this.#comparing = undefined);
    return this.#comparing;
  }

  async #compareAll(): Promise<void> {
    while (this.#pending !== undefined) {
      const reason = this.#pending;
      this.#pending = undefined;
      await this.#compare(reason).catch((error) => {
        this.#tryAgain(READ_AGAIN_MS, reason);
        this.#refuse(`Cannot compare with Redis: ${(error as Error).message}`);
      });
    }
  }

  async #compare(reason: string): Promise<void> {
    const state = await this.parts.read();
    if (state === undefined) return;
    this.state = state;
    if (!state.complete) this.#tryAgain(READ_AGAIN_MS, "accounts are known");
    const candidate = this.parts.render(state);
    await this.parts.prepare(candidate);
    const text = JSON.stringify(candidate.haproxy);
    if (text !== this.#applied) {
      const wait = this.#applied === undefined ? 0 : await this.parts.wait();
      if (wait > 0) {
        this.#tryAgain(Math.min(wait, TRY_AGAIN_MS), reason);
        return this.#refuse("Waiting with a reload: transfers still run on several earlier configurations");
      }
      this.offered = candidate;
      const problem = await this.parts.apply(candidate);
      if (problem !== undefined) {
        this.offered = this.bundle;
        // It may be HAProxy that is just being started, and not what Redis holds.
        this.#tryAgain(TRY_AGAIN_MS, "trying again");
        return this.#refuse(`Cannot apply what Redis holds: ${problem}`);
      }
      this.#applied = text;
      this.#tell(reason, candidate);
    }
    this.bundle = this.offered = candidate;
    if (state.problems.length > 0) this.#refuse(state.problems.join("; "));
    else this.refused = undefined;
    await this.parts.settle();
  }

  /** One comparison more, and not one for each that fails until then. */
  #tryAgain(milliseconds: number, reason: string): void {
    this.#trying ??= setTimeout(() => {
      this.#trying = undefined;
      void this.changed(reason);
    }, milliseconds);
  }

  #tell(reason: string, { instances, notServed, elsewhere }: Bundle): void {
    this.parts.log(
      `HAProxy reloaded (${reason}): ${instances.length} destinations served, ${elsewhere.size} on other nodes' disks, ${notServed.size} not served`,
    );
    for (const [id, because] of notServed) this.parts.log(`destination ${id} is not served: ${because}`);
  }

  /** Keeps what runs, and says why: in the status as long as it is so, in the log once. */
  #refuse(because: string): void {
    if (because !== this.refused) this.parts.log(`${because}. What ran before goes on.`);
    this.refused = because;
  }
}
