import { createHash } from "node:crypto";
import { replaceFile } from "../replace_file.ts";
import { LeaderAway, type Sends } from "./leader.ts";

/** A field of a hash on the leader, and who is told of it. */
export type Write = {
  readonly key: string;
  readonly field: string;
  /** null: the field is to go */
  readonly value: string | null;
  readonly event?: { readonly channel: string; readonly payload: string };
};

/** A write that still waits, and why. `away`: because nobody could be asked. */
export type Waiting = { readonly write: Write; readonly because: string; readonly away: boolean };

const FILE = /^[0-9a-f]{64}\.json$/;

/**
 * What is to be written to the leader, on this host's disk first: each write goes this way, so that neither a leader that is away
 * nor a run that is killed loses one. One file for each field, so that a field's last value is the one that is written.
 */
export class Pending {
  constructor(private readonly folder: string) {}

  async put(write: Write): Promise<void> {
    using _lock = await this.#lock();
    await replaceFile(this.#path(write), JSON.stringify(write), 0o600);
  }

  /** A hash as it will be when everything is written. */
  async over(key: string, hash: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const will = new Map(Object.entries(hash));
    for (const name of await this.#names()) {
      const write = this.#read(name);
      if (write?.key !== key) continue;
      if (write.value === null) will.delete(write.field);
      else will.set(write.field, write.value);
    }
    return Object.fromEntries(will);
  }

  /** Writes what waits, and returns what still does. A leader that is away is asked once. */
  async flush(leader: Sends): Promise<readonly Waiting[]> {
    const left: Waiting[] = [];
    let away: string | undefined;
    for (const name of await this.#names()) {
      // Held for each one alone: another backup's run wants to write, too, and may have put a newer value in its place.
      using _lock = await this.#lock();
      const write = this.#read(name);
      if (write === undefined) continue;
      if (away !== undefined) {
        left.push({ write, because: away, away: true });
        continue;
      }
      try {
        const { key, field, value } = write;
        await leader.sendCommand(value === null ? ["HDEL", key, field] : ["HSET", key, field, value]);
        await Deno.remove(`${this.folder}/${name}`);
        if (write.event) await leader.sendCommand(["PUBLISH", write.event.channel, write.event.payload]);
      } catch (error) {
        const because = (error as Error).message;
        if (error instanceof LeaderAway) away = because;
        // An event may be lost: whoever listens looks for himself from time to time.
        if (this.#read(name) !== undefined) left.push({ write, because, away: away !== undefined });
      }
    }
    return left;
  }

  #path({ key, field }: Write): string {
    return `${this.folder}/${createHash("sha256").update(`${key}\0${field}`).digest("hex")}.json`;
  }

  async #lock(): Promise<Disposable> {
    await Deno.mkdir(this.folder, { recursive: true, mode: 0o700 });
    const file = await Deno.open(`${this.folder}/lock`, { create: true, write: true, mode: 0o600 });
    await file.lock(true);
    return { [Symbol.dispose]: () => file.close() };
  }

  async #names(): Promise<string[]> {
    try {
      return (await Array.fromAsync(Deno.readDir(this.folder))).map(({ name }) => name).filter((name) =>
        FILE.test(name)
      );
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  #read(name: string): Write | undefined {
    try {
      return JSON.parse(Deno.readTextFileSync(`${this.folder}/${name}`)) as Write;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}
