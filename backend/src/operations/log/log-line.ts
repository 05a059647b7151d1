import { z } from "zod";

/** An entry as pino writes it, with an ISO 8601 time and a named level. */
const Entry = z.looseObject({
  time: z.string(),
  level: z.string(),
  event: z.string().default("-"),
  msg: z.string().default(""),
});

/** The logged parts of an error: never its own fields, which may contain anything. */
const ToldError = z.object({
  type: z.string(),
  code: z.string().optional(),
  message: z.string(),
  causes: z.array(z.string()).default([]),
  stack: z.string().optional(),
});
type ToldError = z.infer<typeof ToldError>;

const MOST_CAUSES = 4;
const MOST_FRAMES = 4;
/** Keeps a line readable, and prevents a foreign answer from filling the disk. */
const MOST_CHARACTERS = 2_000;

/** pino's serializer for `err`. */
export function toldError(error: unknown): ToldError | string {
  if (!(error instanceof Error)) return String(error).slice(0, MOST_CHARACTERS);
  const causes: string[] = [];
  for (
    let cause = error.cause;
    cause !== undefined && cause !== null && causes.length < MOST_CAUSES;
    cause = cause instanceof Error ? cause.cause : undefined
  )
    causes.push(cause instanceof Error ? cause.message : String(cause));
  const code = (error as { code?: unknown }).code;
  return {
    type: error.name,
    ...(typeof code === "string" ? { code } : {}),
    message: error.message,
    causes,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  };
}

/** Formats an entry as one line for people: `time level event: message key=value …`. Its content can't break the line. */
export function readableLine(written: unknown): string {
  const entry = Entry.safeParse(written).data;
  if (entry === undefined)
    return oneLine(typeof written === "string" ? written : (JSON.stringify(written) ?? ""));
  const { time, level, event, msg, ...rest } = entry;
  const facts = Object.entries(rest).map(([name, value]) =>
    name === "err" ? `err=${errorText(value, level)}` : `${name}=${valueText(value)}`,
  );
  return oneLine([`${time} ${level.toUpperCase().padEnd(5)} ${event}: ${msg}`, ...facts].join(" "));
}

function errorText(value: unknown, level: string): string {
  const error = ToldError.safeParse(value).data;
  if (error === undefined) return valueText(value);
  const { type, code, message, causes, stack } = error;
  const frames = (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  // The stack matters only for unexpected errors.
  const where = level === "error" || level === "fatal" ? frames.slice(0, MOST_FRAMES) : [];
  const text = [`${code ?? type}: ${message}`, ...causes.map((cause) => `because: ${cause}`)].join("; ");
  return valueText([text, ...where.map((frame) => frame.trim())].join(" | "));
}

function valueText(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return typeof value === "string" && /^[\w:./@,+-]+$/.test(text) ? text : quoted(text, value);
}

function quoted(text: string, value: unknown): string {
  return typeof value === "string" ? JSON.stringify(text) : text;
}

function oneLine(text: string): string {
  return escaped(text.slice(0, MOST_CHARACTERS));
}

/** Escapes characters that end a line, move the cursor or change the writing direction. The result means the same in JSON. */
export function escaped(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    // Characters beyond the first plane need two escapes, as in JSON.
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
      .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
