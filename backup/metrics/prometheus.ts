/** A metric that goes up and down, and its values. Source: prometheus.io, "Text-based format". */
export type Gauge = {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
};

/** Metrics as node_exporter's textfile collector reads them; one without a value is left out. */
export function prometheusText(gauges: readonly Gauge[]): string {
  return gauges.filter(({ samples }) => samples.length > 0).map(({ name, help, samples }) =>
    [
      `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`,
      `# TYPE ${name} gauge\n`,
      ...samples.map(([labels, value]) => `${name}{${formatLabels(labels)}} ${formatValue(value)}\n`),
    ].join("")
  ).join("");
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(",");
}

/**
 * A label's value as it stands between quotes. A name is whatever an operator has given: no line of its own may come of it. Half a
 * surrogate pair would not be UTF-8, and the collector would drop the whole file.
 */
export function escapeLabel(value: string): string {
  return value.toWellFormed().replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function formatValue(value: number): string {
  return Number.isNaN(value)
    ? "NaN"
    : value === Infinity
    ? "+Inf"
    : value === -Infinity
    ? "-Inf"
    : String(value);
}
