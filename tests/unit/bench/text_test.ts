import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { chart } from "../../bench/chart.ts";
import { keeps, type Results, type Verdict } from "../../bench/results.ts";
import { asText, columns, figure } from "../../bench/text.ts";

const verdict: Verdict = {
  what: "small GET, 8 clients",
  to: "no check",
  value: { median: 0.75, least: 0.7, most: 0.8 },
  unit: "×",
  bound: "at least",
  limit: 0.7,
  goal: 0.85,
};
const results: Results = {
  started: "2026-01-01T00:00:00.000Z",
  quick: true,
  machine: { cores: 2, model: "a processor", kernel: "6", load: [0.5, 1.5] },
  images: {},
  seconds: 100,
  parts: [{ part: "small GETs", seconds: 61.4 }, { part: "restic", seconds: 38.6 }],
  series: [{
    what: "small GET, 8 clients",
    unit: "requests/s",
    values: { gateway: [750], "no check": [1000] },
  }],
  verdicts: [verdict],
  processorTimes: [],
};

Deno.test("a_limit_is_kept_from_its_own_side", () => {
  deepEqual(keeps(verdict), { limit: true, goal: false });
  deepEqual(keeps({ ...verdict, bound: "at most" }), { limit: false, goal: true });
  deepEqual(keeps({ ...verdict, limit: undefined, goal: undefined }), { limit: undefined, goal: undefined });
});

Deno.test("numbers_have_as_many_digits_as_they_are_worth", () => {
  deepEqual([0.756, 12.34, 1234.5, -0.5].map(figure), ["0.76", "12.3", "1235", "-0.50"]);
});

Deno.test("columns_are_as_wide_as_their_widest_cell", () => {
  equal(columns([["a", "1", "x"], ["long", "100", "y"]]), "a       1  x\nlong  100  y\n");
});

Deno.test("the_text_says_which_limits_are_kept_and_in_colour_only_when_told", () => {
  const text = asText(results, false);
  match(text, /≥ 0\.7 yes {2}≥ 0\.85 no/);
  match(text, /load 0\.5 before and 1\.5 after/);
  // deno-lint-ignore no-control-regex
  doesNotMatch(text, /\x1b/);
  // deno-lint-ignore no-control-regex
  match(asText(results, true), /≥ 0\.7 \x1b\[32myes\x1b\[0m/);
});

Deno.test("the_chart_shows_ratios_only_and_says_in_words_what_is_missed", () => {
  const missed: Verdict = {
    ...verdict,
    what: "an <odd> & name",
    value: { median: 0.5, least: 0.4, most: 0.6 },
  };
  const memory: Verdict = { ...verdict, what: "memory", unit: "MiB" };
  const svg = chart([verdict, missed, memory], "Title");
  equal(svg.match(/<rect class="(kept|missed|told)"/g)?.length, 2);
  match(svg, /class="missed"/);
  match(svg, />0\.50, ≥ 0\.7 missed</);
  match(svg, />0\.75, ≥ 0\.7 kept</);
  // One group with its rows each, and which way is better.
  equal(svg.match(/class="heading"/g)?.length, 2);
  match(svg, />small GET, 8 clients: more is better</);
  match(svg, />1\.00</);
  match(svg, /an &lt;odd> &amp; name/);
  match(svg, /prefers-color-scheme: dark/);
  doesNotMatch(svg, /href|url\(|@import/);
});

Deno.test("a_bar_beyond_the_axis_ends_with_it_and_says_so", () => {
  const huge = chart([{ ...verdict, value: { median: 20, least: 10, most: 30 } }], "Title");
  match(huge, />» 20\.0, ≥ 0\.7 kept</);
  const least = chart([{ ...verdict, value: { median: 0, least: 0, most: 0 } }], "Title");
  match(least, />» 0\.00, ≥ 0\.7 missed</);
  doesNotMatch(huge + least, /NaN|Infinity/);
});

Deno.test("what_each_part_took_is_told_at_the_end", () => {
  match(asText(results, false), /How long it took, in seconds: small GETs 61, restic 39; 100 in all\n$/);
});
