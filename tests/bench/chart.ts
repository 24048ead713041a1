import { keeps, type Verdict } from "./results.ts";
import { figure } from "./text.ts";

const WIDTH = 960;
const LABELS = 460;
const BAR = 14;
const ROW = 26;
const TOP = 56;
/** Right of the bars, for the figure in words. */
const FIGURES = 100;
/** What the widest bar means. A longer one is cut, and says so. */
const WIDEST = 4;

/**
 * The ratios as an SVG: a bar each, with its spread as a thin line, its limit as a tick and its goal as a dotted one. It
 * reads in light and in dark, by the reader's own setting; where that is not known, on a ground of its own.
 */
export function chart(verdicts: readonly Verdict[], title: string): string {
  const rows = verdicts.filter(({ unit }) => unit === "×");
  const height = TOP + rows.length * ROW + 46;
  const x = (value: number): string =>
    (LABELS + (WIDTH - LABELS - FIGURES) * Math.min(WIDEST, Math.max(0, value)) / WIDEST).toFixed(1);
  const bars = rows.map((verdict, index) => {
    const { value, limit, goal } = verdict;
    const y = TOP + index * ROW;
    const middle = y + BAR / 2;
    const kept = keeps(verdict).limit;
    const tick = (at: number | undefined, kind: string): string =>
      at === undefined
        ? ""
        : `<line class="${kind}" x1="${x(at)}" y1="${y - 4}" x2="${x(at)}" y2="${y + BAR + 4}"/>`;
    return [
      `<text x="${LABELS - 10}" y="${y + 11}" text-anchor="end">${escaped(label(verdict))}</text>`,
      `<rect class="${
        kept === undefined ? "told" : kept ? "kept" : "missed"
      }" x="${LABELS}" y="${y}" width="${(Number(x(value.median)) - LABELS).toFixed(1)}" height="${BAR}"/>`,
      `<line class="spread" x1="${x(value.least)}" y1="${middle}" x2="${x(value.most)}" y2="${middle}"/>`,
      tick(limit, "limit"),
      tick(goal, "goal"),
      `<text x="${WIDTH - FIGURES + 10}" y="${y + 11}">${value.median > WIDEST ? "» " : ""}${
        figure(value.median)
      }${kept === false ? " missed" : ""}</text>`,
    ].filter((element) => element !== "").map((element) => `  ${element}\n`).join("");
  }).join("");
  const end = TOP + rows.length * ROW;
  const scale = [0, 1, 2, 3, 4].map((value) =>
    `  <line class="${value === 1 ? "one" : "grid"}" x1="${x(value)}" y1="${TOP - 8}" x2="${
      x(value)
    }" y2="${end}"/>\n` +
    `  <text x="${x(value)}" y="${end + 14}" text-anchor="middle">${value}</text>\n`
  ).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${
    escaped(title)
  }">
  <style>
    svg { --ground: #ffffff; --ink: #1f2328; --faint: #d0d7de; --told: #8c959f; --kept: #2f7fd1; --missed: #cf4a22; }
    @media (prefers-color-scheme: dark) {
      svg { --ground: #0d1117; --ink: #e6edf3; --faint: #30363d; --told: #6e7681; --kept: #4493f8; --missed: #f0743e; }
    }
    text { font: 12px system-ui, sans-serif; fill: var(--ink); }
    .title { font-size: 15px; font-weight: 600; }
    .ground { fill: var(--ground); } .told { fill: var(--told); } .kept { fill: var(--kept); } .missed { fill: var(--missed); }
    line { stroke: var(--ink); } .grid { stroke: var(--faint); } .limit { stroke-width: 2.5; }
    .goal { stroke-width: 1.5; stroke-dasharray: 2 2; }
  </style>
  <rect class="ground" width="${WIDTH}" height="${height}"/>
  <text class="title" x="16" y="24">${escaped(title)}</text>
${scale}${bars}  <text x="16" y="${
    height - 10
  }">Bar: median of the rounds. Thin line: least to most. Thick tick: limit. Dotted tick: goal. ≥: longer is better, ≤: shorter is. »: the bar is cut.</text>
</svg>
`;
}

function label({ what, to, bound, limit, goal }: Verdict): string {
  const held = limit ?? goal;
  const wanted = held === undefined ? "" : ` (${bound === "at least" ? "≥" : "≤"} ${held})`;
  return `${what}${to === undefined ? "" : ` to ${to}`}${wanted}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
