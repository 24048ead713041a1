import { CANDIDATES, keeps, type Results, type Verdict } from "./results.ts";
import { summary } from "./statistics.ts";

const GREEN = "\x1b[32m";
const RED = "\x1b[31m";
const PLAIN = "\x1b[0m";

/** A number with three significant digits, and no more than a reader can use. */
export function figure(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** Columns side by side, the first to the left and the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => widths[column] = Math.max(widths[column] ?? 0, cell.length));
  }
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0 || column === row.length - 1
        ? cell.padEnd(widths[column] ?? 0)
        : cell.padStart(widths[column] ?? 0)
    )
      .join("  ").trimEnd() + "\n"
  ).join("");
}

/** `≥ 0.70 yes`, or nothing where nothing is held to. */
function held(verdict: Verdict, which: "limit" | "goal"): string {
  const bound = verdict[which];
  if (bound === undefined) return "";
  return `${verdict.bound === "at least" ? "≥" : "≤"} ${bound} ${keeps(verdict)[which] ? "yes" : "no"}`;
}

/** The whole run as text for a terminal or a file. */
export function asText(results: Results, colour: boolean): string {
  const { machine, seconds, quick } = results;
  const verdicts = columns([
    ["what", "compared to", "figure", "from", "to", "limit", "goal", "note"],
    ...results.verdicts.map((verdict) => {
      const { value, unit } = verdict;
      const shown = unit === "×" ? figure(value.median) : `${figure(value.median)} ${unit}`;
      return [
        verdict.what,
        verdict.to ?? "",
        shown,
        figure(value.least),
        figure(value.most),
        held(verdict, "limit"),
        held(verdict, "goal"),
        verdict.note ?? "",
      ];
    }),
  ]);
  return [
    `${quick ? "A quick run" : "A full run"}: ${results.started}, ${
      seconds.toFixed(0)
    } s, ${machine.cores} cores (${machine.model}), ` +
    `load ${machine.load[0].toFixed(1)} before and ${machine.load[1].toFixed(1)} after\n`,
    `Medians of all rounds, least and most in brackets:\n\n${figures(results)}`,
    `Processor time, milliseconds:\n\n${processorTimes(results)}`,
    `The gateway's figure over the other's, round by round; the median, the least and the most:\n\n${
      colour ? coloured(verdicts) : verdicts
    }`,
    `How long it took, in seconds: ${
      results.parts.map(({ part, seconds }) => `${part} ${seconds.toFixed(0)}`).join(", ")
    }; ${seconds.toFixed(0)} in all\n`,
  ].join("\n");
}

function coloured(text: string): string {
  return text.replace(
    /([≥≤] [0-9.]+ )(yes|no)\b/g,
    (_, bound: string, word: string) => `${bound}${word === "yes" ? GREEN : RED}${word}${PLAIN}`,
  );
}

function figures({ series }: Results): string {
  const rows: string[][] = [["what", "", "figure", "", "unit"]];
  for (const { what, unit, values } of series) {
    for (const name of CANDIDATES) {
      const all = values[name];
      if (all === undefined || all.length === 0) continue;
      const { median, least, most } = summary(all);
      rows.push([what, name, figure(median), `(${figure(least)} – ${figure(most)})`, unit]);
    }
  }
  return columns(rows);
}

function processorTimes(results: Results): string {
  const rows = results.processorTimes.map(({ what, candidate, per, milliseconds }) => {
    const parts = Object.entries(milliseconds).filter(([, time]) => time >= 0.05).sort(([, one], [, other]) =>
      other - one
    );
    const all = parts.reduce((sum, [, time]) => sum + time, 0);
    return [
      `${what}, ${per}`,
      candidate,
      figure(all),
      parts.map(([part, time]) => `${part} ${figure(time)}`).join(", "),
    ];
  });
  return columns([["what", "", "all", "by process"], ...rows]);
}
