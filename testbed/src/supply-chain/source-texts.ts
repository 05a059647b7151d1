import { readdirSync, readFileSync } from "node:fs";

/** A string, or a template whose expressions contain at most one more level of braces or templates. */
const LITERAL = /"((?:[^"\\\n]|\\.)*)"|`((?:\\.|\$\{(?:[^{}`]|\{[^{}]*\}|`[^`]*`)*\}|[^`\\])*)`/g;
const EXPRESSION = /\$\{(?:[^{}`]|\{[^{}]*\}|`[^`]*`)*\}/;
/** A template with less text than this around its expressions would fit anything. Characters. */
export const LEAST_TEXT = 8;

/** Returns a pattern for each text that a program's source can produce: its strings, and its templates with any text for expressions. */
export function textPatterns(source: string): RegExp[] {
  return [...source.matchAll(LITERAL)].flatMap(([, string, template]) => {
    const parts = string === undefined ? (template ?? "").split(EXPRESSION) : [string];
    if (parts.join("").length < LEAST_TEXT) return [];
    return [new RegExp(`^${parts.map((part) => escaped(unescaped(part))).join(".+")}$`, "s")];
  });
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, "$1");
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** The patterns of all texts in a folder's sources, without tests. */
export function textPatternsIn(folder: URL): RegExp[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !/\.(test|testing)\.ts$/.test(path))
    .flatMap((path) => textPatterns(readFileSync(new URL(path, folder), "utf8")));
}
