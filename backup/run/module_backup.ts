import { lines } from "../restic/lines.ts";

/** What restic says at the end of a backup; -1 where it does not say. */
export type Summary = {
  readonly snapshot: string;
  readonly bytes: number;
  readonly added: number;
  readonly files: number;
};

/** How module-backup ended. */
export type ModuleBackupEnded = {
  readonly code: number;
  readonly summary?: Summary;
  /** the last that it said on standard error */
  readonly said: string;
};

/** module-backup's own exit codes. */
export const MODULE_BACKUP_EXIT = { done: 0, failed: 1, invalid: 2, locked: 3 } as const;

/** A line of its progress: a JSON object that says what it is. */
export type Progress = Readonly<Record<string, unknown>> & { readonly message_type: string };

const MOST_LINE = 1 << 20;
/** Longer than a module's dump may take, and in a backup restic says something every second: who is silent for so long hangs. */
const SILENT_MS = 25 * 3_600_000;
/** What is still to be read once it has ended: somebody else may have kept its output open. */
const LAST_LINES_MS = 3000;
/** What it may take to end in order, after which it is ended. */
const LAST_MS = 120_000;

/**
 * Runs `module-backup <id> --module M --json`. By setpriv, so that it gets SIGTERM when this process is killed: nobody would be
 * there to record what it makes. `signal` ends it in order.
 */
export async function moduleBackup(parts: {
  readonly commandLine: readonly string[];
  readonly backup: string;
  readonly module: string;
  readonly onProgress: (line: Progress) => void;
  readonly onText: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<ModuleBackupEnded> {
  const { commandLine, backup, module, onProgress, onText, signal } = parts;
  signal.throwIfAborted();
  const child = new Deno.Command("setpriv", {
    args: ["--pdeathsig=TERM", "--", ...commandLine, backup, "--module", module, "--json"],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const kill = (how: Deno.Signal): void => {
    try {
      child.kill(how);
    } catch { /* it has ended meanwhile */ }
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    kill("SIGTERM");
    timer = setTimeout(() => kill("SIGKILL"), LAST_MS);
  };
  signal.addEventListener("abort", end, { once: true });
  let summary: Summary | undefined;
  let said = "";
  // The module's user can stop what runs as that user: no other module's backup waits for it for ever.
  let silence = setTimeout(end, SILENT_MS);
  const heard = (): void => {
    clearTimeout(silence);
    silence = setTimeout(end, SILENT_MS);
  };
  try {
    const read = Promise.all([
      lines(child.stdout, (line) => {
        heard();
        const progress = parseProgress(line);
        if (progress?.message_type === "summary") summary = parseSummary(progress) ?? summary;
        if (progress !== undefined) onProgress(progress);
        else if (line.trim() !== "") onText(line);
      }, MOST_LINE),
      lines(child.stderr, (line) => {
        heard();
        if (line.trim() !== "") onText(said = line.trim());
      }, MOST_LINE),
    ]);
    const { code } = await child.status;
    let late: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([read, new Promise((resolve) => late = setTimeout(resolve, LAST_LINES_MS))]);
    clearTimeout(late);
    return { code, said, ...(summary === undefined ? {} : { summary }) };
  } finally {
    clearTimeout(silence);
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

/** A line as progress, or undefined where it is none. */
export function parseProgress(line: string): Progress | undefined {
  try {
    const found: unknown = JSON.parse(line);
    const object = typeof found === "object" && found !== null && !Array.isArray(found);
    return object && "message_type" in found && typeof found.message_type === "string"
      ? found as Progress
      : undefined;
  } catch {
    return undefined;
  }
}

/** What a summary says, or undefined where it names no snapshot. */
export function parseSummary(line: Progress): Summary | undefined {
  const { snapshot_id, total_bytes_processed, data_added, total_files_processed } = line;
  if (typeof snapshot_id !== "string" || !/^[0-9a-f]{8,64}$/.test(snapshot_id)) return undefined;
  const number = (value: unknown): number => typeof value === "number" && value >= 0 ? value : -1;
  return {
    snapshot: snapshot_id,
    bytes: number(total_bytes_processed),
    added: number(data_added),
    files: number(total_files_processed),
  };
}
