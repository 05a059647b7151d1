/**
 * Prometheus' text format, version 0.0.4.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export interface Sample {
  labels?: Readonly<Record<string, string>>;
  value: number;
}

export type Family =
  | { name: string; help: string; type: "counter" | "gauge"; samples: readonly Sample[] }
  | { name: string; help: string; type: "histogram"; histogram: HistogramValue };

export interface HistogramValue {
  /** Upper bounds in ascending order, each with the number of values up to it. */
  buckets: readonly { most: number; count: number }[];
  sum: number;
  count: number;
}

/** Throws `RangeError` for names that the format doesn't allow. */
export function renderExposition(families: readonly Family[]): string {
  return families.map(renderFamily).join("");
}

function renderFamily(family: Family): string {
  const { name, help, type } = family;
  assertName(name, /^[a-zA-Z_][a-zA-Z0-9_]*$/);
  const head = [
    `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
    `# TYPE ${name} ${type}`,
  ];
  const lines =
    family.type === "histogram"
      ? histogramLines(name, family.histogram)
      : family.samples.map(({ labels = {}, value }) => `${name}${labelText(labels)} ${number(value)}`);
  return `${[...head, ...lines].join("\n")}\n`;
}

function histogramLines(name: string, { buckets, sum, count }: HistogramValue): string[] {
  return [
    ...buckets.map((bucket) => `${name}_bucket${labelText({ le: number(bucket.most) })} ${bucket.count}`),
    `${name}_bucket{le="+Inf"} ${count}`,
    `${name}_sum ${number(sum)}`,
    `${name}_count ${count}`,
  ];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => {
    assertName(label, /^[a-zA-Z_][a-zA-Z0-9_]*$/);
    return `${label}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
  });
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function number(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

function assertName(name: string, pattern: RegExp): void {
  if (!pattern.test(name)) throw new RangeError(`not a name in Prometheus' text format: ${name}`);
}
