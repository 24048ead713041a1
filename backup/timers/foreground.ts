import { type Calendar, parseCalendar } from "./calendar.ts";
import { nextElapse } from "./next_elapse.ts";
import type { Timers } from "./systemd.ts";
import type { WantedTimer } from "./timer.ts";

/** When a timer fired last, over restarts: in milliseconds since 1970. */
export type Stamps = {
  readonly read: (id: string) => Promise<number | undefined>;
  readonly write: (id: string, time: number) => Promise<void>;
  readonly remove: (id: string) => Promise<void>;
};

type Waiting = { readonly timer: WantedTimer; readonly calendar: Calendar; due: number | undefined };

/**
 * Timers inside this process, where there is no systemd, and with what systemd's have: a run that was missed is made up for once,
 * and one may be late at random. They fire when {@link ForegroundTimers.tick} is called, so that a clock that is set counts.
 */
export class ForegroundTimers implements Timers {
  readonly #waiting = new Map<string, Waiting>();
  readonly #parts: {
    readonly fire: (id: string) => void;
    readonly stamps: Stamps;
    readonly now: () => number;
    readonly random: () => number;
  };

  constructor(parts: {
    fire: (id: string) => void;
    stamps: Stamps;
    now?: () => number;
    random?: () => number;
  }) {
    this.#parts = { now: Date.now, random: Math.random, ...parts };
    this.list = this.list.bind(this);
  }

  list(): Promise<readonly WantedTimer[]> {
    return Promise.resolve([...this.#waiting.values()].map(({ timer }) => timer));
  }

  async start(timer: WantedTimer): Promise<void> {
    const { stamps, now } = this.#parts;
    const { id, schedule } = timer;
    const calendar = parseCalendar(schedule);
    if ("because" in calendar) throw new Error(`schedule is "${schedule}": ${calendar.because}`);
    const there = this.#waiting.get(id);
    // Another schedule does not make up for runs that it would have had before it was there.
    const forget = there !== undefined && there.timer.schedule !== schedule;
    let last = forget ? undefined : await stamps.read(id);
    if (last === undefined) await stamps.write(id, last = now());
    this.#waiting.set(id, { timer, calendar, due: this.#dueAfter(calendar, timer, Math.min(last, now())) });
  }

  async stop(id: string, forget: boolean): Promise<void> {
    this.#waiting.delete(id);
    if (forget) await this.#parts.stamps.remove(id);
  }

  /** Fires what is due. Returns in how many milliseconds the next is; undefined where nothing will ever be. */
  async tick(): Promise<number | undefined> {
    const { fire, stamps, now } = this.#parts;
    for (const [id, waiting] of this.#waiting) {
      if (waiting.due === undefined || waiting.due > now()) continue;
      waiting.due = this.#dueAfter(waiting.calendar, waiting.timer, now());
      // Before it runs: a run that takes this process down is not repeated at every start.
      await stamps.write(id, now());
      fire(id);
    }
    const dues = [...this.#waiting.values()].map(({ due }) => due).filter((due) => due !== undefined);
    return dues.length === 0 ? undefined : Math.max(0, Math.min(...dues) - now());
  }

  #dueAfter(calendar: Calendar, { randomDelay }: WantedTimer, last: number): number | undefined {
    const next = nextElapse(calendar, last);
    if (next === undefined) return undefined;
    return Math.max(next, this.#parts.now()) + Math.floor(this.#parts.random() * randomDelay * 1000);
  }
}

/** Stamps as files in a folder: their time of change. */
export function stampsIn(folder: string): Stamps {
  const path = (id: string): string => `${folder}/backup${id}`;
  return {
    async read(id) {
      try {
        return (await Deno.stat(path(id))).mtime?.getTime();
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }
    },
    async write(id, time) {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      await Deno.writeTextFile(path(id), "");
      await Deno.utime(path(id), new Date(time), new Date(time));
    },
    remove: (id) => Deno.remove(path(id)).catch(() => {/* none */}),
  };
}
