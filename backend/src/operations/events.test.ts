import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const SOURCE = new URL("../", import.meta.url).pathname;
/** Selects event names from a table that the compiler keeps complete. */
const BY_TABLE = "operations/journal.ts";

interface Call {
  file: string;
  level: string;
  text: string;
}

/** Returns the full text of each `log.<level>(…)` call. */
function logCalls(): Call[] {
  const calls: Call[] = [];
  for (const file of readdirSync(SOURCE, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || /\.(test|testing)\.ts$/.test(file)) continue;
    const source = readFileSync(SOURCE + file, "utf8");
    for (const match of source.matchAll(/\blog\.(trace|debug|info|warn|error|fatal)\(/g)) {
      calls.push({
        file,
        level: match[1] ?? "",
        text: argumentsFrom(source.slice(match.index + match[0].length)),
      });
    }
  }
  return calls;
}

/** Returns the text up to the matching closing parenthesis. */
function argumentsFrom(source: string): string {
  let depth = 1;
  for (let at = 0; at < source.length; at += 1) {
    if (source[at] === "(") depth += 1;
    if (source[at] === ")") depth -= 1;
    if (depth === 0) return source.slice(0, at);
  }
  return source;
}

const eventOf = (text: string) => /^\s*\{\s*event: "([^"]+)"/.exec(text)?.[1];
const messageOf = (text: string) => /"([^"]+)",?\s*$/.exec(text)?.[1];

test("every entry of the log has the name of an event, and words that never change", () => {
  const calls = logCalls().filter(({ file }) => file !== BY_TABLE);
  expect(calls.length).toBeGreaterThan(15);
  for (const { file, text } of calls) {
    expect(eventOf(text), `${file}: ${text}`).toMatch(/^[a-z-]+\.[a-z-]+$/);
    expect(messageOf(text), `${file}: ${text}`).toMatch(/^[a-z][^$]{3,80}$/);
  }
});

test("an event has one meaning: its name goes with one message and one level, and no message has two names", () => {
  const calls = logCalls().filter(({ file }) => file !== BY_TABLE);
  const meanings = new Map<string, string>();
  const names = new Map<string, string>();
  for (const { level, text } of calls) {
    const event = eventOf(text) ?? "";
    const message = messageOf(text) ?? "";
    expect(meanings.get(event) ?? `${level} ${message}`, event).toBe(`${level} ${message}`);
    expect(names.get(message) ?? event, message).toBe(event);
    meanings.set(event, `${level} ${message}`);
    names.set(message, event);
  }
});

test("the journal's events are none of the others", () => {
  const others = logCalls().map(({ text }) => eventOf(text));
  const journal = readFileSync(SOURCE + BY_TABLE, "utf8");
  const own = [...journal.matchAll(/^ {2}"([a-z-]+\.[a-z-]+)":/gm)].map((match) => match[1]);
  expect(own.length).toBeGreaterThan(5);
  for (const event of own) expect(others).not.toContain(event);
});
