import type { NodeBackupRun } from "../../../gateway/domain/backup_run.ts";
import type { Settings } from "../../../gateway/settings.ts";
import { failed } from "../failure.ts";
import { operatorSocket, withRedis } from "../session.ts";
import { askRuns } from "./ask_runs.ts";
import { because } from "./because.ts";
import { readStatuses } from "./overview.ts";
import { isOver, type ModuleResult, tellRun, type Watched } from "./watched.ts";

/** How often nodes are asked: they answer from memory. */
const ASK_EVERY_MS = 2000;
/** A first backup may take days; a node that is silent for so long is given up. */
const SILENT_MS = 10 * 60_000;
/** A week. Nothing that somebody waits for at a terminal. */
const MOST_ROUNDS = 302_400;

/** Statuses by module, as text: another text is a new result. */
type Statuses = ReadonlyMap<string, string>;

/**
 * Starts a backup on nodes and follows it to its end. `tell` gets each node's and each module's result as it comes. What the leader
 * holds is read with a connection each time: it may change while a backup runs.
 */
export async function watchRun(
  settings: Settings,
  id: string,
  modules: ReadonlyMap<string, readonly string[]>,
  tell: (line: string) => void,
): Promise<Watched & { readonly silent: ReadonlySet<string> }> {
  const socket = operatorSocket(settings);
  const nodes = [...modules.keys()];
  const nodeOf = new Map([...modules].flatMap(([node, own]) => own.map((module) => [module, node] as const)));
  const read = (): Promise<Statuses> => statuses(settings, id, nodes);
  const before = await read();
  const runs = new Map<string, NodeBackupRun>();
  const results = new Map<string, ModuleResult>();
  const heard = new Map(nodes.map((node) => [node, performance.now()]));
  const told = new Set<string>();
  const once = (line: string): void => {
    if (!told.has(line)) tell(line);
    told.add(line);
  };
  const look = (now: Statuses): void => {
    for (const [module, text] of now) {
      const node = nodeOf.get(module);
      if (node === undefined) continue;
      const status = JSON.parse(text);
      // Of a run that was joined some modules may have had their turn. Both times are that node's.
      const run = runs.get(node);
      const since = run !== undefined && "started" in run ? run.started : Infinity;
      if (before.get(module) === text && !(status.start >= since)) continue;
      const result = { module, node, success: status.success === true, because: because(status) };
      results.set(module, result);
      once(
        `${module} on node ${node}: ${result.success ? "success" : "failure"}${
          result.because && `: ${result.because}`
        }`,
      );
    }
  };
  const take = (answers: readonly NodeBackupRun[]): void => {
    for (const answer of answers) {
      // A node that does not answer for a while goes on with what it does.
      if (answer.state === "unknown" && runs.get(answer.node)?.state === "running") continue;
      runs.set(answer.node, answer);
      heard.set(answer.node, performance.now());
    }
  };
  take(
    await askRuns(socket, "POST", id, nodes).catch((error) =>
      failed(
        `Cannot run backup ${id} on ${
          nodes.length === 1 ? "its node" : "its nodes"
        }: this node's gateway does not answer ` +
          `over ${socket} (OPERATOR_SOCKET): ${
            (error as Error).message
          }. With --local it runs on this node, without the gateway.`,
      )
    ),
  );
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const run of runs.values()) if (run.state !== "running") once(`node ${run.node}: ${tellRun(run)}`);
    const silent = new Set(nodes.filter((node) => performance.now() - (heard.get(node) ?? 0) > SILENT_MS));
    const over = isOver({ runs }, silent);
    // In this order: what a node has stored before it ended is there. At the end the leader has to answer.
    const now = over ? await read() : await read().catch(() => undefined);
    if (now !== undefined) look(now);
    if (over) return { runs, results: [...results.values()], silent };
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    const running = [...runs.values()].filter(({ state }) => state === "running").map(({ node }) => node);
    take(
      await askRuns(socket, "GET", id, running).catch((error) => {
        once(`this node's gateway does not answer (${(error as Error).message}): waiting for it`);
        return [];
      }),
    );
  }
  return failed(`Backup ${id} has not ended within a week.`);
}

/** Texts of the same form, whoever wrote them. */
async function statuses(settings: Settings, id: string, nodes: readonly string[]): Promise<Statuses> {
  const found = await withRedis(settings, (redis) => readStatuses(redis, id, nodes));
  return new Map([...found].map(([module, status]) => [module, JSON.stringify(status)]));
}
