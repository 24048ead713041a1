import { oneLine } from "../../gateway/domain/node_trial.ts";
import type { BackupDefinition } from "../../backup/definition.ts";
import type { RunEvent } from "../../backup/run/run.ts";
import type { RunEnded } from "../../backup/run/run_backup.ts";
import { type ModuleStatus, STEPS, wentWell } from "../../backup/status.ts";
import { note, printTable } from "../rclonegwctl/output.ts";
import { jsonLine, plainLine, progressLine } from "./lines.ts";

/** Where what goes on is shown. */
export type Output = {
  tell(event: RunEvent): void;
  nothing(id: string, because: string): void;
  end(definition: BackupDefinition, ended: RunEnded): void;
};

/** JSON lines for programs, plain lines for a pipe, and for a person at a terminal what goes on, in one line, and a table. */
export function outputFor(json: boolean, terminal: boolean): Output {
  return json ? forPrograms() : forPeople(terminal);
}

function forPrograms(): Output {
  const print = (value: unknown): void => console.log(JSON.stringify(value));
  return {
    tell: (event) => print(jsonLine(event)),
    nothing: (id, because) =>
      print({ message_type: "summary", backup_id: Number(id), modules: {}, exit_code: 0, because }),
    end: ({ id, name }, { code, modules }) =>
      print({ message_type: "summary", backup_id: Number(id), name, modules, exit_code: code }),
  };
}

function forPeople(terminal: boolean): Output {
  const encoder = new TextEncoder();
  const write = (text: string): void => void Deno.stdout.writeSync(encoder.encode(text));
  /** the line that is written over and over has no end yet */
  let open = false;
  const clear = (): void => {
    if (open) write("\r\x1b[K");
    open = false;
  };
  return {
    tell(event) {
      if (event.kind === "progress") {
        const line = terminal ? progressLine(event.module, event.line) : undefined;
        if (line === undefined) return;
        clear();
        // A longer one would begin a second line, which the next one would not clear.
        write(line.slice(0, Math.max(20, columns() - 1)));
        open = true;
        return;
      }
      const line = plainLine(event);
      if (line === undefined) return;
      clear();
      if (event.kind === "note") note(line);
      else console.log(line);
    },
    nothing: (id, because) => console.log(`Backup ${id}: nothing to do, ${because}.`),
    end({ id, name }, { code, modules }) {
      clear();
      if (terminal) {
        const rows = Object.entries(modules).map(([module, status]) => row(module, status));
        if (rows.length > 0) {
          console.log("");
          printTable(["MODULE", "RESULT", "LAST GOOD", "ADDED", "SIZE", "SECONDS", "WHY"], rows);
        }
      }
      const bad = Object.entries(modules).filter(([, status]) => !wentWell(status)).map(([module]) => module);
      const how = code === 130 ? "interrupted" : code === 0 ? "done" : "failed";
      console.log(
        `Backup ${id} (${oneLine(name)}): ${how}${bad.length > 0 ? `, not well: ${bad.join(", ")}` : ""}`,
      );
    },
  };
}

function row(module: string, status: ModuleStatus): string[] {
  const { steps, snapshot, added, total_size, start, end } = status;
  const why = STEPS.flatMap((step) => {
    const verdict = steps[step];
    return verdict === undefined || verdict.kind === "done"
      ? []
      : [`${step} ${verdict.kind}: ${verdict.because}`];
  });
  return [
    module,
    wentWell(status) ? "done" : "FAILED",
    snapshot?.id.slice(0, 8) ?? "-",
    bytes(added),
    bytes(total_size),
    String(end - start),
    oneLine(why.join("; ")),
  ];
}

function bytes(count: number): string {
  if (count < 0) return "-";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [count, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

function columns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}
