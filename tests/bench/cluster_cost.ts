import { MAIL1 } from "../integration/harness/cluster.ts";
import { eventually } from "../integration/harness/eventually.ts";
import { GATEWAY } from "../integration/harness/gateway.ts";
import { request } from "../integration/harness/request.ts";
import { type Bench, say } from "./bench.ts";
import { GATEWAY_ROOT } from "./candidates.ts";
import { addDestinations, addModules } from "./cluster_size.ts";
import { type Memory, settledMemory } from "./memory.ts";
import { OBJECTS_REPOSITORY } from "./objects.ts";
import { processesOf, timed, total } from "./processor_time.ts";
import { load } from "./requests.ts";
import { ratios, summary } from "./statistics.ts";

const CLIENTS = 8;
const ATTEMPTS = 5;
/** What a large cluster has; a small one has ten of each. */
const MODULES = 100_000;
const DESTINATIONS = 1000;
const SMALL = 10;
/** Nothing answers there, and nobody asks. */
const NOWHERE = "http://127.0.0.1:9";

const SETTLE_MS = 4000;

type Cost = { perThousand: number; perSecond: number; memory: Memory | undefined; refused: number };

/** What a request costs in a large cluster, and what of memory. Small and large take turns on the same gateway. */
export async function clusterCost(bench: Bench): Promise<void> {
  const { redis, extent, found } = bench;
  await addModules(redis, SMALL - 3);
  await addDestinations(redis, SMALL - 1, NOWHERE);
  const small: Cost[] = [];
  const modules: Cost[] = [];
  const destinations: Cost[] = [];
  say(
    `${MODULES} modules and ${DESTINATIONS} destinations instead of ${SMALL}: ${extent.scaleRounds} rounds`,
  );
  // The sidecar's code is compiled as it is used, and whoever were first would be the slowest: the part before this one
  // (levelMemory) has warmed it up.
  for (let round = 0; round < extent.scaleRounds; round++) {
    small.push(await cost(bench, round === 0));
    const forgetModules = await addModulesBut(bench);
    modules.push(await cost(bench, round === 0));
    await forgetModules();
    const more = await addDestinations(redis, DESTINATIONS, NOWHERE);
    await known(more.ids.at(-1) ?? "", true);
    destinations.push(await cost(bench, false));
    await more.forget();
    await addDestinations(redis, SMALL - 1, NOWHERE);
    await known(more.ids.at(-1) ?? "", false);
  }
  for (
    const [what, costs] of [
      [`${MODULES} modules instead of ${SMALL}`, modules],
      [`${DESTINATIONS} destinations instead of ${SMALL}`, destinations],
    ] as const
  ) {
    const figures = (of: readonly Cost[], figure: "perThousand" | "perSecond") =>
      of.map((cost) => cost[figure]);
    found.verdicts.push({
      what: `processor time of a request, ${what}`,
      to: undefined,
      value: summary(ratios(figures(costs, "perThousand"), figures(small, "perThousand"))),
      unit: "×",
      bound: "at most",
      limit: 1.05,
    }, {
      what: `requests/s, ${what}`,
      to: undefined,
      value: summary(ratios(figures(costs, "perSecond"), figures(small, "perSecond"))),
      unit: "×",
      bound: "at least",
    }, {
      what: `requests refused, ${what}`,
      to: undefined,
      value: summary([costs.reduce((sum, cost) => sum + cost.refused, 0)]),
      unit: "errors",
      bound: "at most",
      note: "while its price was measured, all rounds",
    });
  }
  found.verdicts.push({
    what: `memory, more for ${MODULES} modules`,
    to: undefined,
    // Of the first round: what the later ones begin with holds what the first has left.
    value: summary([(modules[0]?.memory?.alone ?? NaN) - (small[0]?.memory?.alone ?? NaN)]),
    unit: "MiB",
    bound: "at most",
    limit: 35,
    note: "after load, both",
  });
}

async function addModulesBut({ redis }: Bench): Promise<() => Promise<void>> {
  const forget = await addModules(redis, MODULES);
  return async () => {
    await forget();
    await addModules(redis, SMALL - 3);
  };
}

/** The price of a small GET now, once the gateway has read what has just changed. */
async function cost({ gateway, toolbox, script, extent }: Bench, withMemory: boolean): Promise<Cost> {
  const options = { root: GATEWAY_ROOT, script, clients: CLIENTS };
  await eventually(
    "requests are answered again",
    async () => (await load(toolbox, { ...options, seconds: 1 })).errors === 0,
  );
  // What Redis and this program do after so many changes would be taken for the request's price.
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  let refused = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { value, milliseconds } = await timed(
      await processesOf(gateway),
      () => load(toolbox, { ...options, seconds: extent.getSeconds }),
    );
    refused += value.errors;
    // What refusals cost is not what is asked for; that there were some is told.
    if (value.errors > 0) continue;
    return {
      perThousand: total(milliseconds) * 1000 / value.requests,
      perSecond: value.requests / value.seconds,
      memory: withMemory ? await settledMemory(gateway, 3) : undefined,
      refused,
    };
  }
  throw new Error(`Cannot measure a request's cost: ${refused} requests failed in ${ATTEMPTS} attempts`);
}

/** Waits until HAProxy has gone over to a configuration with or without a destination: one it does not know is refused. */
async function known(destination: string, wanted: boolean): Promise<void> {
  await eventually("the destinations are known", async () => {
    const url = `${GATEWAY}/${destination}/${OBJECTS_REPOSITORY}/config`;
    return ((await request("GET", url, { as: MAIL1 })).status !== 403) === wanted;
  }, 60_000);
}
