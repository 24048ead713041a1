import type { Redis } from "../../gateway/redis/connection.ts";
import { basic, MAIL1 } from "../integration/harness/cluster.ts";
import { environmentFile, HARDENED, SETTINGS } from "../integration/harness/gateway.ts";
import { IMAGES, startContainer } from "../integration/harness/podman.ts";
import { REST } from "../integration/harness/request.ts";
import { type Findings, say } from "./bench.ts";
import { GATEWAY_ROOT } from "./candidates.ts";
import { addDestinations } from "./cluster_size.ts";
import { summary } from "./statistics.ts";

const KNOWN = 100;
const GIVE_UP_MS = 60_000;

/** From `podman run` to the first object that a module gets from one destination, while a hundred are known. */
export async function startTime(
  parts: { redis: Redis; store: string; path: string; starts: number; found: Findings },
): Promise<void> {
  const { redis, store, path, starts, found } = parts;
  const { forget } = await addDestinations(redis, KNOWN - 1, "http://127.0.0.1:9");
  say(`start: ${starts} times`);
  const seconds: number[] = [];
  for (let start = 0; start < starts; start++) {
    using file = environmentFile(SETTINGS);
    const started = performance.now();
    await using _gateway = await startContainer("gateway", IMAGES.gateway, [
      ...HARDENED,
      `--env-file=${file.path}`,
      `--volume=${store}:/srv/repo`,
    ]);
    await firstAnswer(path, started + GIVE_UP_MS);
    seconds.push((performance.now() - started) / 1000);
  }
  await forget();
  found.series.push({ what: "start", unit: "s", values: { gateway: seconds } });
  found.verdicts.push({
    what: `from podman run to the first object, ${KNOWN} destinations known`,
    to: undefined,
    value: summary(seconds),
    unit: "s",
    bound: "at most",
    limit: 2,
  });
}

/** Asks again every few milliseconds, which is sooner than restic would. */
async function firstAnswer(path: string, until: number): Promise<void> {
  for (;;) {
    try {
      const response = await fetch(GATEWAY_ROOT + path, {
        headers: { authorization: basic(MAIL1), accept: REST },
        signal: AbortSignal.timeout(5000),
      });
      await response.body?.cancel();
      if (response.status === 200) return;
    } catch { /* nobody listens yet */ }
    if (performance.now() > until) {
      throw new Error(`Cannot measure the start: no answer within ${GIVE_UP_MS} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
