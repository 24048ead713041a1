/** Prints what programs read: one JSON document. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

/** Prints rows under their headings, in columns as wide as their widest cell. */
export function printTable(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? "").length))
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd();
  console.log(bold(line(headings)));
  for (const row of rows) console.log(line(row));
}

/** Prints named facts, one a line, their values under one another. */
export function printFacts(facts: readonly (readonly [name: string, value: string])[]): void {
  const width = Math.max(...facts.map(([name]) => name.length));
  for (const [name, value] of facts) console.log(`${bold(name.padEnd(width))}  ${value}`);
}

/** Says something beside the output. */
export function note(message: string): void {
  console.error(message);
}

const coloured = Deno.stdout.isTerminal() && !Deno.env.has("NO_COLOR");

function bold(text: string): string {
  return coloured ? `\x1b[1m${text}\x1b[0m` : text;
}
