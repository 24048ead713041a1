const LOOK_EVERY_MS = 1000;
/**
 * How much a process may grow before everything is looked through. That takes some milliseconds, in which everybody waits. With
 * more than this what is freed lies in the gaps of what is not, and memory goes on growing (measured: 8 MiB, 40 bytes a request).
 */
const GROWTH_BYTES = 2 ** 20;
/** How many looks lie between two times, where a process does not grow by this much more at once. */
const REST_LOOKS = 10;
const HASTE_BYTES = 2 ** 22;
/** How many looks the start takes: what only it needed is let go of then, compiled code too (measured: 1.5 MiB). */
const STARTED_AFTER_LOOKS = 3;

/**
 * Keeps what this process takes from growing with the number of requests. Some 250 bytes of each request are freed only when V8
 * looks through everything, which by itself it does seldom: it sees its own objects, and most of those bytes are the runtime's.
 * Does nothing where V8 was not started with `--expose-gc`.
 */
export function collectGarbage(): void {
  const { gc } = globalThis as { gc?: (how?: { type: "major"; execution: "sync"; flavor: string }) => void };
  if (gc === undefined) return;
  let looks = 0;
  let last = 0;
  let after = 0;
  const timer = setInterval(() => {
    if (++looks === STARTED_AFTER_LOOKS) gc({ type: "major", execution: "sync", flavor: "last-resort" });
    else if (Deno.memoryUsage().rss < after + (looks < last + REST_LOOKS ? HASTE_BYTES : GROWTH_BYTES)) {
      return;
    } else gc();
    last = looks;
    after = Deno.memoryUsage().rss;
  }, LOOK_EVERY_MS);
  // Nobody stays for this alone.
  Deno.unrefTimer(timer as unknown as number);
}
