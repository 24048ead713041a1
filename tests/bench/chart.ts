import { keeps, type Verdict } from "./results.ts";
import { figure } from "./text.ts";

const WIDTH = 960;
/** Where the bars' ground begins and ends; left of it labels, right of it figures. */
const FROM = 392;
const TO = 800;
const TOP = 64;
const HEADING = 30;
const ROW = 20;
const BAR = 12;
/** The axis is logarithmic, so that twice and half are as far from 1. What is beyond its ends is cut, and says so. */
const AXIS = [0.125, 0.25, 0.5, 1, 2, 4, 8] as const;
const LEAST = AXIS[0];
const MOST = 8;

/**
 * The ratios as an SVG, in groups of one measurement: a bar each from 1 to its median, with its spread as a thin line, its
 * limit as a tick and its goal as a dotted one. It reads in light and in dark, by the reader's own setting, on a ground of
 * its own.
 */
export function chart(verdicts: readonly Verdict[], title: string): string {
  let y = TOP;
  let drawn = "";
  for (const { heading, rows } of groups(verdicts.filter(({ unit }) => unit === "×"))) {
    y += HEADING;
    drawn += `  <text class="heading" x="16" y="${y - 8}">${escaped(heading)}</text>\n`;
    for (const row of rows) {
      drawn += bar(row, y);
      y += ROW;
    }
  }
  const scale = AXIS.map((value) =>
    `  <line class="${value === 1 ? "one" : "grid"}" x1="${x(value)}" y1="${TOP}" x2="${
      x(value)
    }" y2="${y}"/>\n` +
    [TOP - 6, y + 16].map((at) =>
      `  <text x="${x(value)}" y="${at}" text-anchor="middle">${value === 1 ? "1.00" : value}</text>\n`
    ).join("")
  ).join("");
  const height = y + 58;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${
    escaped(title)
  }">
  <style>
    svg { --ground: #ffffff; --ink: #1f2328; --faint: #d8dee4; --told: #99a1aa; --kept: #2f7fd1; --missed: #d9562b; }
    @media (prefers-color-scheme: dark) {
      svg { --ground: #0d1117; --ink: #e6edf3; --faint: #2a3038; --told: #656d76; --kept: #3b82d6; --missed: #e0643a; }
    }
    text { font: 12px system-ui, sans-serif; fill: var(--ink); }
    .title { font-size: 16px; font-weight: 600; } .heading { font-weight: 600; }
    .ground { fill: var(--ground); } .told { fill: var(--told); } .kept { fill: var(--kept); } .missed { fill: var(--missed); }
    line { stroke: var(--ink); } .grid { stroke: var(--faint); } .one { stroke-width: 1.5; } .limit { stroke-width: 3; }
    .goal { stroke-width: 2; stroke-dasharray: 2 2; }
  </style>
  <rect class="ground" width="${WIDTH}" height="${height}"/>
  <text class="title" x="16" y="26">${escaped(title)}</text>
${scale}${drawn}  <text x="16" y="${
    y + 36
  }">Bar: from 1.00, as the other, to the median of the rounds; » beyond the axis. ` +
    `Thin line: least to most.</text>
  <text x="16" y="${
      y + 52
    }">Thick tick: limit, kept (blue) or missed (red). Dotted tick: goal. Grey: no limit.</text>
</svg>
`;
}

/** One measurement's rows together, and those of the gateway compared to itself. */
function groups(rows: readonly Verdict[]): { heading: string; rows: Verdict[] }[] {
  const found = new Map<string, Verdict[]>();
  for (const row of rows) {
    const better = row.bound === "at least" ? "more is better" : "less is better";
    const heading = row.to === undefined ? "the gateway to itself" : `${row.what}: ${better}`;
    found.set(heading, [...found.get(heading) ?? [], row]);
  }
  return [...found].map(([heading, rows]) => ({ heading, rows }));
}

function bar(verdict: Verdict, y: number): string {
  const { value, limit, goal, to, what } = verdict;
  const middle = y + BAR / 2;
  const kept = keeps(verdict).limit;
  const [left, right] = [Math.min(1, value.median), Math.max(1, value.median)];
  const tick = (at: number | undefined, kind: string): string =>
    at === undefined
      ? ""
      : `<line class="${kind}" x1="${x(at)}" y1="${y - 3}" x2="${x(at)}" y2="${y + BAR + 3}"/>`;
  return [
    `<text x="${FROM - 12}" y="${y + 10}" text-anchor="end">${
      escaped(to === undefined ? what : `to ${to}`)
    }</text>`,
    `<rect class="${kept === undefined ? "told" : kept ? "kept" : "missed"}" x="${x(left)}" y="${y}" width="${
      (Number(x(right)) - Number(x(left))).toFixed(1)
    }" height="${BAR}"/>`,
    `<line class="spread" x1="${x(value.least)}" y1="${middle}" x2="${x(value.most)}" y2="${middle}"/>`,
    tick(limit, "limit"),
    tick(goal, "goal"),
    `<text x="${TO + 14}" y="${y + 10}">${escaped(words(verdict))}</text>`,
  ].filter((element) => element !== "").map((element) => `  ${element}\n`).join("");
}

/** `0.52, ≥ 0.7 missed` or `0.40, goal ≥ 0.65`. */
function words(verdict: Verdict): string {
  const { value, bound, limit, goal } = verdict;
  const sign = bound === "at least" ? "≥" : "≤";
  const cut = value.median < LEAST || value.median > MOST ? "» " : "";
  const held = limit !== undefined
    ? `, ${sign} ${limit} ${keeps(verdict).limit ? "kept" : "missed"}`
    : goal !== undefined
    ? `, goal ${sign} ${goal}`
    : "";
  return `${cut}${figure(value.median)}${held}`;
}

function x(value: number): string {
  const share = Math.log(Math.min(MOST, Math.max(LEAST, value)) / LEAST) / Math.log(MOST / LEAST);
  return (FROM + (TO - FROM) * share).toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
