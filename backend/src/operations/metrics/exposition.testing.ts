/*
 * A parser for Prometheus' text format, version 0.0.4, written from its grammar and not from our writer:
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 */

export interface ReadSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface ReadFamily {
  type: string;
  help: string;
  samples: ReadSample[];
}

/** Parses a whole text. Throws with the line that breaks the grammar, and for families that break the format's rules. */
export function readExposition(text: string): Map<string, ReadFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line must end with a line feed");
  const families = new Map<string, ReadFamily>();
  let current: [string, ReadFamily] | null = null;
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line);
    if (comment !== null) {
      const [, kind, name = "", rest = ""] = comment;
      if (kind === "HELP") {
        if (families.has(name)) throw new Error(`a second group of ${name}`);
        current = [name, { type: "untyped", help: unescaped(rest, line), samples: [] }];
        families.set(...current);
      } else {
        if (current?.[0] !== name || current[1].samples.length > 0)
          throw new Error(`TYPE out of place: ${line}`);
        if (!["counter", "gauge", "histogram", "summary", "untyped"].includes(rest))
          throw new Error(`type: ${line}`);
        current[1].type = rest;
      }
      continue;
    }
    const sample = readSample(line);
    if (current === null || !belongs(sample.name, current)) throw new Error(`outside of its group: ${line}`);
    current[1].samples.push(sample);
  }
  for (const [name, family] of families) assertFamily(name, family);
  return families;
}

function belongs(name: string, [family, { type }]: [string, ReadFamily]): boolean {
  const ends = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  return ends.some((end) => name === family + end);
}

/** Reads character by character, because labels may contain any character. */
function readSample(line: string): ReadSample {
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`${what} at ${at} of: ${line}`);
  };
  const take = (pattern: RegExp): string => {
    const match = new RegExp(pattern.source, "y");
    match.lastIndex = at;
    const [found] = match.exec(line) ?? fail(`no ${pattern.source}`);
    at += found.length;
    return found;
  };
  const name = take(/[a-zA-Z_:][a-zA-Z0-9_:]*/);
  const labels: Record<string, string> = {};
  if (line[at] === "{") {
    at += 1;
    while (line[at] !== "}") {
      const label = take(/[a-zA-Z_][a-zA-Z0-9_]*/);
      take(/="/);
      const value = take(/(?:[^"\\\n]|\\["\\n])*/);
      take(/"/);
      if (label in labels) fail(`a second label ${label}`);
      labels[label] = unescaped(value, line);
      if (line[at] === ",") at += 1;
      else if (line[at] !== "}") fail("neither comma nor brace");
    }
    at += 1;
  }
  take(/[ \t]+/);
  const text = take(/[^ \t]+/);
  if (at !== line.length) fail("something after the value");
  return { name, labels, value: readNumber(text, line) };
}

function readNumber(text: string, line: string): number {
  const special: Record<string, number> = { NaN: Number.NaN, "+Inf": Infinity, "-Inf": -Infinity };
  const value = special[text] ?? (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null);
  if (value === null) throw new Error(`no number: ${line}`);
  return value;
}

function unescaped(text: string, line: string): string {
  return text.replace(/\\(.?)/g, (_, character: string) => {
    if (character === "n") return "\n";
    if (character === "\\" || character === '"') return character;
    throw new Error(`a backslash before '${character}': ${line}`);
  });
}

function assertFamily(name: string, { type, samples }: ReadFamily): void {
  const seen = new Set(
    samples.map(({ name: own, labels }) => JSON.stringify([own, Object.entries(labels).sort()])),
  );
  if (seen.size !== samples.length) throw new Error(`${name} has the same sample twice`);
  if (type === "counter" && samples.some(({ value }) => !(value >= 0)))
    throw new Error(`${name} counts below zero`);
  if (type !== "histogram") return;
  const counts = samples.filter((sample) => sample.name === `${name}_bucket`).map(({ value }) => value);
  const bounds = samples
    .filter((sample) => sample.name === `${name}_bucket`)
    .map(({ labels }) => readNumber(labels.le ?? "", name));
  const rises = (list: number[]) =>
    list.every((value, index) => index === 0 || value >= (list[index - 1] ?? 0));
  if (bounds.at(-1) !== Infinity || !rises(bounds) || !rises(counts))
    throw new Error(`${name}: buckets do not rise`);
  if (counts.at(-1) !== samples.find((sample) => sample.name === `${name}_count`)?.value)
    throw new Error(`${name}: its last bucket does not hold all`);
}
