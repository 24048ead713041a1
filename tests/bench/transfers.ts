import { type Bench, medianParts, say, table } from "./bench.ts";
import { makeObjects } from "./objects.ts";
import { timed, total } from "./processor_time.ts";
import { transfer } from "./requests.ts";
import { turns } from "./statistics.ts";

const CLIENTS = 4;
const SIZE = 16 << 20;

/** Objects of 16 MiB up and down by four clients, and the processor time of an upload. */
export async function transfers(bench: Bench): Promise<void> {
  const { extent, toolbox, work, store, candidates, found } = bench;
  const objects = makeObjects(`${work.path}/large`, extent.objects, SIZE);
  say(`upload and download, ${CLIENTS} × 16 MiB: ${extent.rounds} rounds`);
  const up = table<number>(candidates);
  const down = table<number>(candidates);
  const times = table<Record<string, number>>(candidates);
  for (const order of turns(candidates, extent.rounds)) {
    for (const { name, root, processes } of order) {
      const options = { root, objects, clients: CLIENTS };
      const uploaded = await timed(
        await processes(),
        () => transfer(toolbox, work, { direction: "upload", ...options }),
      );
      up[name].push(uploaded.value.megabytesPerSecond);
      times[name].push(
        Object.fromEntries(
          Object.entries(uploaded.milliseconds).map(([part, ms]) => [part, ms * 1e9 / uploaded.value.bytes]),
        ),
      );
      const downloaded = await transfer(toolbox, work, { direction: "download", ...options });
      down[name].push(downloaded.megabytesPerSecond);
      store.remove(objects);
    }
  }
  found.compare({ what: "upload, 4 × 16 MiB", unit: "MB/s", values: up }, [
    { to: "no check, copying", bound: "at least", limit: 1.3 },
    { to: "no check", bound: "at least", note: "both splice" },
    { to: "rclone direct", bound: "at least", limit: 0.85, goal: 0.9 },
    { to: "rest-server", bound: "at least" },
  ]);
  found.compare({ what: "download, 4 × 16 MiB", unit: "MB/s", values: down }, [
    { to: "no check, copying", bound: "at least", limit: 1.05 },
    { to: "no check", bound: "at least", note: "both splice" },
    { to: "rclone direct", bound: "at least", limit: 0.68, goal: 0.75 },
    { to: "rest-server", bound: "at least" },
  ]);
  for (const { name } of candidates) {
    found.processorTimes.push({
      what: "upload",
      candidate: name,
      per: "GB",
      milliseconds: medianParts(times[name]),
    });
  }
  found.compare({
    what: "processor time of an upload",
    unit: "ms for a GB",
    values: Object.fromEntries(candidates.map(({ name }) => [name, times[name].map(total)])),
  }, [
    { to: "no check", bound: "at most" },
    { to: "rclone direct", bound: "at most", limit: 1.2 },
    { to: "rest-server", bound: "at most" },
  ]);
  Deno.removeSync(`${work.path}/large`, { recursive: true });
}
