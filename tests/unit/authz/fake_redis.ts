import { EventEmitter } from "node:events";
import { VouchedReads } from "../../../authz/vouched_reads.ts";
import type { RedisClient } from "../../../gateway/redis/client.ts";

/** A connection to Redis as far as VouchedReads looks at it. */
export class FakeClient extends EventEmitter {
  isReady = false;
  heardAt = -Infinity;
  calls: string[] = [];
  pong: () => Promise<unknown> = () => Promise.resolve("PONG");
  destroyed: () => void = () => {};

  ping(): Promise<unknown> {
    this.calls.push("ping");
    return this.pong();
  }
  connect(): Promise<void> {
    this.calls.push("connect");
    return Promise.resolve();
  }
  destroy(): void {
    this.calls.push("destroy");
    this.destroyed();
  }
  comes(): void {
    this.isReady = true;
    this.emit("ready");
  }
  goes(event: "error" | "end" | "reconnecting"): void {
    this.isReady = false;
    this.emit(event, new Error("Socket closed"));
  }
}

export type Given = { client: FakeClient; reads: VouchedReads; clock: { now: number } };

export function given(): Given {
  const client = new FakeClient();
  const clock = { now: 1_000_000 };
  return { client, clock, reads: new VouchedReads(client as unknown as RedisClient, () => clock.now) };
}

/** Connected, and the first PING answered. */
export async function connected(): Promise<Given> {
  const all = given();
  all.client.comes();
  await settled();
  return all;
}

/** Lets everything that only waits for resolved promises run. */
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** A reader that counts how often Redis was asked. */
export function counter(): { asked: number; load: () => Promise<number> } {
  const counting = { asked: 0, load: () => Promise.resolve(++counting.asked) };
  return counting;
}
