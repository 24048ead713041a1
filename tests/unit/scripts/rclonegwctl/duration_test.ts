import assert from "node:assert/strict";
import { formatDuration, parseDuration } from "../../../../scripts/rclonegwctl/duration.ts";

Deno.test("a_time_is_a_count_and_a_unit", async (test) => {
  const cases: [text: string, milliseconds: number | undefined][] = [
    ["1s", 1000],
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["9999999d", 863_999_913_600_000],
    ["0s", undefined],
    ["00s", undefined],
    ["01s", undefined],
    ["10000000s", undefined],
    ["-1s", undefined],
    ["1.5h", undefined],
    ["1", undefined],
    ["s", undefined],
    ["", undefined],
    ["1w", undefined],
    ["1ms", undefined],
    ["1S", undefined],
    ["1 s", undefined],
    [" 1s", undefined],
    ["1s\n", undefined],
    ["1h30m", undefined],
    ["1e3s", undefined],
    ["\u0661s", undefined],
    ["1constructor", undefined],
  ];
  for (const [text, milliseconds] of cases) {
    await test.step(JSON.stringify(text), () => assert.equal(parseDuration(text), milliseconds));
  }
});

Deno.test("milliseconds_are_said_in_two_units_rounded_down", async (test) => {
  const cases: [milliseconds: number, text: string][] = [
    [0, "0s"],
    [-5, "0s"],
    [999, "0s"],
    [1000, "1s"],
    [59_999, "59s"],
    [60_000, "1m"],
    [7_199_999, "1h 59m"],
    [3_605_000, "1h 5s"],
    [86_400_000, "1d"],
    [90_061_000, "1d 1h"],
    [604_800_000, "7d"],
  ];
  for (const [milliseconds, text] of cases) {
    await test.step(String(milliseconds), () => assert.equal(formatDuration(milliseconds), text));
  }
});
