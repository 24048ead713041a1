import type { Told } from "../../backup/module/back_up.ts";
import { formatBytes, formatStatus, parseMessage } from "../../backup/module/progress.ts";

/** Shows how a backup goes, and at its end what it has made. */
export type Presenter = { tell(told: Told): void; end(done: boolean): void };

/** For programs: restic's `status` messages on standard output, and at the end, where all went well, its `summary`. */
export function jsonPresenter(): Presenter {
  let summary: string | undefined;
  return {
    tell(told) {
      if (told.kind !== "restic") return beside(told);
      const kind = parseMessage(told.line)?.kind;
      if (kind === "status") console.log(told.line);
      if (kind === "summary") summary = told.line;
    },
    end(done) {
      if (done && summary !== undefined) console.log(summary);
    },
  };
}

const BAR_WIDTH = 30;
const QUIET_MS = 60_000;

/** For people: a bar where there is a terminal, a line a minute where there is none. */
export function plainPresenter(module: string, terminal: boolean): Presenter {
  let summary = "";
  let shown = performance.now();
  const clear = (): void => {
    if (terminal) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[K"));
  };
  return {
    tell(told) {
      if (told.kind !== "restic") {
        clear();
        return beside(told);
      }
      const message = parseMessage(told.line);
      if (message?.kind === "status" && terminal) {
        Deno.stderr.writeSync(new TextEncoder().encode(`\r${formatStatus(message, BAR_WIDTH)}\x1b[K`));
      } else if (message?.kind === "status" && performance.now() - shown > QUIET_MS) {
        shown = performance.now();
        console.error(`${module}: ${formatStatus(message, 0).trim()}`);
      } else if (message?.kind === "summary") {
        const { snapshot, files, bytes, added, seconds } = message;
        summary = `${module}: snapshot ${snapshot.slice(0, 8)} of ${files} files, ${formatBytes(bytes)}, ` +
          `${formatBytes(added)} added, in ${seconds.toFixed(1)} s`;
      }
    },
    end(done) {
      clear();
      if (done) console.log(summary);
    },
  };
}

function beside(told: Exclude<Told, { kind: "restic" }>): void {
  switch (told.kind) {
    case "note":
      return console.error(told.text);
    case "warning":
      return console.error(`warning: ${told.text}`);
    case "said":
      return console.error(`${told.by}: ${told.text}`);
    default:
      return told satisfies never;
  }
}
