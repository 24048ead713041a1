import type { ModuleIdentity } from "../../gateway/domain/identity.ts";
import type { Uuid } from "../../gateway/domain/uuid.ts";
import { oneLine } from "../one_line.ts";
import { accessTo } from "../restic/access.ts";
import { provideImage } from "../restic/image.ts";
import { restic, RESTIC_EXIT } from "../restic/restic.ts";
import { tellEnd } from "../restic/tell_end.ts";
import type { Verdict } from "../status.ts";
import { asOwner, readAsOwner } from "../as_owner.ts";
import { credentialsIn, parseEnvironment } from "./environment.ts";
import type { ModuleFolder } from "./folder.ts";
import { type ModuleProgram, programEnvironment, runProgram } from "./program.ts";
import { parseMessage } from "./progress.ts";
import { provideRepository } from "./repository.ts";
import { prepareSources } from "./sources.ts";

/** What there is to tell meanwhile. All of it is one line and fit for a terminal, restic's JSON apart. */
export type Told =
  | { readonly kind: "note" | "warning"; readonly text: string }
  | { readonly kind: "said"; readonly by: ModuleProgram; readonly text: string }
  | { readonly kind: "restic"; readonly line: string };

/** A module's backup. Who starts it holds the module's lock. */
export type BackUp = {
  /** the definition's id */
  readonly backup: string;
  readonly module: ModuleIdentity;
  readonly uuid: Uuid;
  readonly folder: ModuleFolder;
  readonly destination: Uuid;
  /** this node's gateway: `http://127.0.0.1:4694` */
  readonly gateway: string;
  /** the destination's restic password */
  readonly password: string;
  /** the ids of all modules: their volumes may have names that begin alike */
  readonly modules: readonly string[];
  /** whether restic looks first how much there is, so that it can say how far it is */
  readonly scan: boolean;
  readonly tell: (told: Told) => void;
  /** ends it in order */
  readonly signal: AbortSignal;
};

/** Another run's lock in the repository, such as the retention's, is waited for. */
const RETRY_LOCK = "--retry-lock=15m";

/** Backs a module up into its repository, which is made where it is not there. Never throws for what can go wrong on the way. */
export async function backUp(parts: BackUp): Promise<Verdict> {
  try {
    return await attempt(parts);
  } catch (error) {
    if (parts.signal.aborted) return { kind: "failed", because: "it was interrupted" };
    return { kind: "failed", because: (error as Error).message };
  }
}

async function attempt(parts: BackUp): Promise<Verdict> {
  const { backup, module, uuid, folder, tell, signal } = parts;
  const { path, owner } = folder;
  const container = `rclone-gateway-backup-${module.id}`;
  await endLeftover(folder, container);
  await provideImage(owner);
  const read = async (file: string): Promise<Record<string, string> | undefined> => {
    const text = await readAsOwner(owner, file);
    return text === undefined ? undefined : parseEnvironment(text);
  };
  const environment = await read(`${path}/state/environment`);
  if (environment === undefined) {
    return { kind: "failed", because: `${path}/state/environment is not there: is ${path} a module?` };
  }
  const agent = await read(`${path}/state/agent.env`);
  const credentials = credentialsIn(agent ?? {}, module.name);
  if ("because" in credentials) {
    return { kind: "failed", because: `Cannot use ${path}/state/agent.env: ${credentials.because}` };
  }
  const repository = { destination: parts.destination, path: { appType: module.appType, moduleUuid: uuid } };
  const call = {
    access: accessTo(parts.gateway, repository, credentials, parts.password),
    name: container,
    cache: `restic-cache-${module.id}`,
    owner,
    signal,
  };
  const provided = await provideRepository(call);
  if (provided.kind !== "done") return provided;
  if (provided.made) tell({ kind: "note", text: "made the repository" });
  const own = { ...await read("/etc/nethserver/agent.env"), ...agent, ...environment };
  const run = (program: ModuleProgram, signal?: AbortSignal): Promise<Verdict> =>
    runProgram(program, {
      folder,
      backup,
      environment: programEnvironment(folder, { id: module.id, uuid }, own),
      warn: (text) => tell({ kind: "warning", text }),
      said: (text) => tell({ kind: "said", by: program, text }),
      ...(signal === undefined ? {} : { signal }),
    });
  let verdict: Verdict = { kind: "failed", because: "it was interrupted" };
  try {
    verdict = await run("module-dump-state", signal);
    if (verdict.kind === "done") verdict = await store(parts, call);
  } finally {
    if (signal.aborted) await endLeftover(folder, container);
    const cleaned = await run("module-cleanup-state");
    verdict = both(verdict, cleaned);
  }
  return verdict;
}

type Call = Omit<Parameters<typeof restic>[0], "args">;

async function store(
  { module, uuid, folder, modules, scan, tell, signal }: BackUp,
  call: Call,
): Promise<Verdict> {
  await using sources = await prepareSources(folder, module.id, modules);
  for (const text of sources.warnings) tell({ kind: "warning", text });
  const ended = await restic({
    ...call,
    args: [
      "backup",
      "--json",
      `--host=${uuid}`,
      // By host alone: where the lists change, unchanged files still need not be read again.
      "--group-by=host",
      RETRY_LOCK,
      ...scan ? [] : ["--no-scan"],
      ...sources.args,
    ],
    mounts: sources.mounts,
    podman: ["--env=RESTIC_PROGRESS_FPS=1"],
    onLine: (line) => tell({ kind: "restic", line }),
  });
  if (ended.code === RESTIC_EXIT.done) {
    // Such as that something which is to be included is not there.
    for (const line of ended.stderr.split("\n")) {
      if (line.trim() !== "") tell({ kind: "warning", text: oneLine(line, 300) });
    }
    return { kind: "done" };
  }
  // It may end with another exit code than its own for that.
  if (signal.aborted) return { kind: "failed", because: "restic was interrupted" };
  return { kind: "failed", because: `${tellEnd(ended)}${unreadable(ended.stderr)}` };
}

/** Which files could not be read: the first few. */
function unreadable(stderr: string): string {
  const items = stderr.split("\n").map(parseMessage).flatMap((each) =>
    each?.kind === "error" ? [each.item] : []
  );
  const more = items.length > 5 ? ` and ${items.length - 5} more` : "";
  return items.length === 0 ? "" : `: ${items.slice(0, 5).join(", ")}${more}`;
}

/**
 * A run that was killed leaves its restic behind, which goes on by itself. restic ends in order on SIGTERM. Where the process
 * that watched the container was killed, too, Podman ends it and says that it could not; asked again, it removes what is left.
 */
async function endLeftover({ owner }: ModuleFolder, container: string): Promise<void> {
  const remove = ["podman", "rm", "--force", "--ignore", "--time=10", container];
  const first = await asOwner(owner, remove);
  const { code, stderr } = first.code === 0 ? first : await asOwner(owner, remove);
  if (code !== 0) throw new Error(`Cannot end what an earlier run has left behind: ${stderr.trim()}`);
}

function both(first: Verdict, second: Verdict): Verdict {
  if (first.kind === "done") return second;
  if (second.kind === "done") return first;
  return { kind: "failed", because: `${first.because}; ${second.because}` };
}
