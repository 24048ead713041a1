import type { ScaleResult } from "./scale.ts";
import { columns, figure } from "./text.ts";

/** Results side by side, a column for each size of a cluster. */
export function scaleTable(results: readonly ScaleResult[]): string {
  const row = (what: string, of: (result: ScaleResult) => number): string[] => [
    what,
    ...results.map((result) => figure(of(result))),
    "",
  ];
  const total = (parts: Readonly<Record<string, number>>): number =>
    Object.values(parts).reduce((sum, part) => sum + part, 0);
  return columns([
    ["nodes", ...results.map(({ size }) => String(size.nodes)), ""],
    ["modules", ...results.map(({ size }) => String(size.modules)), ""],
    ["destinations", ...results.map(({ size }) => String(size.destinations)), ""],
    row("Redis's data, MiB", ({ redisMiB }) => redisMiB),
    row("a new replica copies it, s", ({ copySeconds }) => copySeconds),
    row("start to the first answer, s", ({ startSeconds }) => startSeconds),
    row("memory, MiB (PSS)", ({ memory }) => total(memory)),
    ...["haproxy", "sidecar", "controller"].map((part) =>
      row(`  ${part}`, ({ memory }) => memory[part] ?? NaN)
    ),
    row("an idle minute: commands to Redis", ({ idle }) => idle.commands),
    row("  MiB from Redis", ({ idle }) => idle.mib),
    row("  processor time, ms", ({ idle }) => total(idle.milliseconds)),
    ...(results[0]?.changes ?? []).flatMap(({ what }, index) => [
      row(`${what}: counts after, ms`, ({ changes }) => changes[index]?.countsAfterMs ?? NaN),
      row("  MiB from Redis", ({ changes }) => changes[index]?.mib ?? NaN),
      row("  processor time, ms", ({ changes }) => changes[index]?.processorMs ?? NaN),
    ]),
  ]);
}
