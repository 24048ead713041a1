import { type Bench, type Comparison, medianParts, say, table } from "./bench.ts";
import { GATEWAY_ROOT } from "./candidates.ts";
import { type Process, timed, total } from "./processor_time.ts";
import { type Load, load } from "./requests.ts";
import { turns } from "./statistics.ts";

const ROWS: {
  clients: number;
  figure: (load: Load) => number;
  unit: string;
  comparisons: Comparison[];
}[] = [
  {
    clients: 8,
    figure: perSecond,
    unit: "requests/s",
    comparisons: [
      { to: "no check", bound: "at least", limit: 0.7, goal: 0.85 },
      { to: "rclone direct", bound: "at least", goal: 0.65 },
      { to: "rest-server", bound: "at least" },
    ],
  },
  {
    clients: 64,
    figure: perSecond,
    unit: "requests/s",
    comparisons: [
      { to: "no check", bound: "at least", limit: 0.8, goal: 0.9 },
      { to: "rclone direct", bound: "at least", goal: 0.74 },
      { to: "rest-server", bound: "at least" },
    ],
  },
  {
    clients: 1,
    figure: ({ medianUs }) => medianUs,
    unit: "µs, median",
    comparisons: [
      { to: "no check", bound: "at most", goal: 1.25 },
      { to: "rclone direct", bound: "at most", goal: 2.3 },
      { to: "rest-server", bound: "at most" },
    ],
  },
  {
    clients: 256,
    figure: perSecond,
    unit: "requests/s",
    comparisons: [
      { to: "no check", bound: "at least", limit: 0.85 },
      { to: "rclone direct", bound: "at least", limit: 0.75 },
      { to: "rest-server", bound: "at least" },
    ],
  },
];

/** How many requests at once one module may have at one destination: base.cfg's limit. */
const ONE_MODULE = 128;
/** How many share what is more: those of bench.scriptOfSeveral. */
const MODULES = 3;

function perSecond({ requests, seconds }: Load): number {
  return requests / seconds;
}

/** Small objects read by different numbers of clients, and the processor time of it. */
export async function smallGets(bench: Bench): Promise<void> {
  const { extent, toolbox, found } = bench;
  const candidates = bench.candidates.filter(({ name }) => name !== "no check, copying");
  for (const { root } of candidates) {
    await load(toolbox, { root, script: bench.script, clients: 64, seconds: 1 });
  }
  // Looked for once: nothing starts or ends between the rows.
  const processes = new Map<string, readonly Process[]>();
  for (const candidate of candidates) processes.set(candidate.name, await candidate.processes());
  let errors = 0;
  for (const { clients, figure, unit, comparisons } of ROWS) {
    const what = `small GET, ${clients} client${clients === 1 ? "" : "s"}`;
    const [script, threads] = clients > ONE_MODULE ? [bench.scriptOfSeveral, MODULES] : [bench.script, 1];
    const rounds = clients === 8 ? extent.rounds : extent.otherRounds;
    say(`${what}: ${rounds} rounds`);
    const values = table<number>(candidates);
    const times = table<Record<string, number>>(candidates);
    for (const order of turns(candidates, rounds)) {
      for (const { name, root } of order) {
        const { value, milliseconds } = await timed(
          processes.get(name) ?? [],
          () => load(toolbox, { root, script, clients, threads, seconds: extent.getSeconds }),
        );
        if (value.requests === 0) throw new Error(`Cannot measure ${what} of ${name}: nothing was answered`);
        // A figure of answers that were refusals is none.
        if (value.errors > 0 && (name !== "gateway" || clients !== 256)) {
          throw new Error(`Cannot measure ${what} of ${name}: ${value.errors} requests failed`);
        }
        errors += value.errors;
        values[name].push(figure(value));
        times[name].push(
          Object.fromEntries(
            Object.entries(milliseconds).map(([part, ms]) => [part, ms * 1000 / value.requests]),
          ),
        );
      }
    }
    found.compare({ what, unit, values }, comparisons);
    if (clients === 256) {
      const value = { median: errors, least: errors, most: errors };
      found.verdicts.push({
        what: `${what}: errors`,
        to: undefined,
        value,
        unit: "errors",
        bound: "at most",
        limit: 0,
        note: "of three modules",
      });
      const one = await load(toolbox, {
        root: GATEWAY_ROOT,
        script: bench.script,
        clients,
        seconds: extent.getSeconds,
      });
      const refused = one.errors * 100 / one.requests;
      found.verdicts.push({
        what: `${what} of one module: refused`,
        to: undefined,
        value: { median: refused, least: refused, most: refused },
        unit: "%",
        bound: "at most",
        note: `on purpose: one module may have ${ONE_MODULE} requests at once`,
      });
    }
    if (clients !== 8) continue;
    for (const { name } of candidates) {
      found.processorTimes.push({
        what,
        candidate: name,
        per: "1000 requests",
        milliseconds: medianParts(times[name]),
      });
    }
    found.compare({
      what: "processor time of a small GET",
      unit: "ms for 1000",
      values: Object.fromEntries(candidates.map(({ name }) => [name, times[name].map(total)])),
    }, [
      { to: "no check", bound: "at most" },
      { to: "rclone direct", bound: "at most", limit: 1.75 },
      { to: "rest-server", bound: "at most" },
    ]);
  }
}
