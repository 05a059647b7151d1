import type { Outcome, Table, Verdict } from "./measurement.ts";
import { type Summary, summarize } from "./statistics.ts";

/** A plain table with the first column left-aligned and the figures right-aligned. */
export function formatTable({ title, columns, rows }: Table): string {
  const widths = columns.map((_, column) =>
    Math.max(...[columns, ...rows].map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `  ${widths.map((width, column) => (column === 0 ? (cells[column] ?? "").padEnd(width) : (cells[column] ?? "").padStart(width))).join("  ")}`.trimEnd();
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [title, line(columns), rule, ...rows.map(line)].join("\n");
}

function formatVerdict({ target, figure, meets }: Verdict): string {
  return `  ${meets ? "meets      " : "falls short"}  ${target}: ${figure}`;
}

export function formatOutcome(outcome: Outcome): string {
  return [
    ...outcome.tables.map((table) => `${formatTable(table)}\n`),
    ...outcome.notes.map((note) => `  ${note}`),
    ...outcome.verdicts.map(formatVerdict),
    "",
  ].join("\n");
}

/** At least three significant digits, and no decimals from a hundred on. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, value >= 1000 ? "," : "");
}

export const milliseconds = (value: number): string => `${number(value)} ms`;

/** `median (min–max)` */
export function spread(values: readonly number[]): string {
  const { min, median, max } = summarize(values);
  return `${number(median)} (${number(min)}–${number(max)})`;
}

export const SUMMARY_COLUMNS = ["count", "min", "median", "p95", "max"] as const;

export function summaryCells({ count, min, median, p95, max }: Summary): readonly string[] {
  return [String(count), ...[min, median, p95, max].map(milliseconds)];
}
