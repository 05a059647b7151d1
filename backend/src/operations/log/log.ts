import pino, { type Logger } from "pino";
import { withoutSecrets } from "../../lib/redaction/redact.ts";
import { withTexts } from "../../lib/redaction/secrets.ts";
import { escaped, readableLine, toldError } from "./log-line.ts";

/** The backend's own log. Every entry has an event name, which stays the same when its wording changes. */
export interface Log {
  log: Logger;
  /** Returns the last lines in human-readable form, newest last. */
  lastLines(): readonly string[];
  /** Adds secrets of any form to redact from every later line, in addition to those recognized by their form. */
  conceal(secrets: () => readonly string[]): void;
}

export interface LogOptions {
  level: "debug" | "info" | "warn" | "error";
  /** `text`: a line for people. `json`: one object per line, for programs. */
  format: "text" | "json";
  /** Writes a line, including its line end. */
  write: (line: string) => void;
}

const KEPT_LINES = 200;
/** Number of older warnings that ordinary lines don't push out. */
const KEPT_PROBLEMS = 50;

function isProblem(entry: unknown): boolean {
  const level = typeof entry === "object" && entry !== null && "level" in entry ? entry.level : "";
  return level === "warn" || level === "error" || level === "fatal";
}

/** Keeps the last lines, and warnings longer than the others. */
function createKeptLines(): { add(line: string, problem: boolean): void; lines(): readonly string[] } {
  const kept: { line: string; problem: boolean }[] = [];
  return {
    add(line, problem) {
      kept.push({ line, problem });
      if (kept.length <= KEPT_LINES) return;
      const problems = kept.filter((entry) => entry.problem).length;
      const least = problems > KEPT_PROBLEMS ? 0 : kept.findIndex((entry) => !entry.problem);
      kept.splice(Math.max(0, least), 1);
    },
    lines: () => kept.map((entry) => entry.line),
  };
}

export function createLog({ level, format, write }: LogOptions): Log {
  const kept = createKeptLines();
  let known: () => readonly string[] = () => [];
  const destination = {
    write(json: string) {
      // Redact before quoting and escaping: afterwards a secret with such characters would not match.
      const entry = withTexts(JSON.parse(json), (text) => withoutSecrets(text, known()));
      const line = readableLine(entry);
      kept.add(line, isProblem(entry));
      write(`${format === "json" ? escaped(JSON.stringify(entry)) : line}\n`);
    },
  };
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: toldError },
  };
  return {
    log: pino(options, destination),
    lastLines: kept.lines,
    conceal(secrets) {
      known = secrets;
    },
  };
}
