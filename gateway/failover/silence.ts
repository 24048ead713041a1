import type { InFlight } from "../apply/requests_in_flight.ts";
import { within } from "../within.ts";

/** A storage that does not answer a question for so long is taken for silent. */
export const SILENT_MS = 10_000;

/** What watching for silence works with. */
export type SilenceParts = {
  readonly inFlight: () => Promise<ReadonlyMap<string, InFlight>>;
  /** whether the storage behind an instance answers a question */
  readonly answers: (instance: string) => Promise<boolean>;
};

/**
 * Finds storages that have fallen silent: packets that go nowhere end no request for minutes. Where requests are under way and
 * none has gone well since the last look, the storage is asked; a request that went well counts as an answer. One that is
 * merely slow is found, too, and nothing is done to it unless another node reaches it faster.
 */
export class Silence {
  readonly #before = new Map<string, number>();
  readonly #silent = new Set<string>();

  constructor(private readonly parts: SilenceParts) {}

  has(instance: string): boolean {
    return this.#silent.has(instance);
  }

  /** Looks once; to be called every {@link SILENT_MS} or so. */
  async look(): Promise<void> {
    const inFlight = await this.parts.inFlight();
    const suspects = new Set(this.#silent);
    for (const [instance, { now, wentWell }] of inFlight) {
      if (now > 0 && this.#before.get(instance) === wentWell) suspects.add(instance);
      else if (wentWell > (this.#before.get(instance) ?? Infinity)) suspects.delete(instance);
      this.#before.set(instance, wentWell);
    }
    for (const instance of this.#before.keys()) if (!inFlight.has(instance)) this.#before.delete(instance);
    await Promise.all([...suspects].map(async (instance) => {
      const answers = inFlight.has(instance)
        ? await within(this.parts.answers(instance), SILENT_MS)
        : { value: true };
      if (answers?.value) this.#silent.delete(instance);
      else this.#silent.add(instance);
    }));
    for (const instance of this.#silent) if (!suspects.has(instance)) this.#silent.delete(instance);
  }
}
