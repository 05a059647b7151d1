import { expect, test } from "vitest";
import { STATES } from "../../../ui/src/gallery/states.ts";
import { LEAST_TEXT, textPatterns, textPatternsIn } from "./source-texts.ts";

/** Names of the backend's texts in its answers. */
const TEXTS: ReadonlySet<string> = new Set(["message", "hint", "progress", "waitsFor", "detail"]);

function textsIn(value: unknown, key = ""): string[] {
  if (typeof value === "string") return TEXTS.has(key) && value.length >= LEAST_TEXT ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsIn(inner, name));
}

test("the gallery shows no text of the backend that the backend doesn't have", () => {
  const patterns = ["backend", "contract"].flatMap((part) =>
    textPatternsIn(new URL(`../../../${part}/src/`, import.meta.url)),
  );
  const shown = STATES.filter(({ id }) => !id.startsWith("hostile")).flatMap(({ id, snapshot, answers }) =>
    textsIn([snapshot, answers]).map((text) => `${id}: ${text}`),
  );
  expect(shown.length).toBeGreaterThan(50);
  const invented = shown.filter(
    (each) => !patterns.some((pattern) => pattern.test(each.replace(/^[^:]*: /, ""))),
  );
  expect([...new Set(invented)]).toEqual([]);
});

/** Not in one string, which looks like a template that lost its quotes. */
const DOLLAR_BRACE = ["$", "{"].join("");

/* `<…>` stands for an expression in a template. */
test.each<[string, string, boolean]>([
  ['"The backend is away."', "The backend is away.", true],
  ['"The backend is away."', "The backend is away", false],
  ["`Port <port> is closed.`", "Port 80 is closed.", true],
  ["`Port <port> is closed.`", "Port 80 is open.", false],
  ["`Couldn't pull <of({ a })> and <`x<y>`>.`", "Couldn't pull a and b.", true],
  ["`<x>.`", "Anything.", false],
  ['"It\\"s \\\\ here"', 'It"s \\ here', true],
])("%s makes '%s': %s", (literal, text, makes) => {
  const source = `const a = ${literal.replaceAll("<", DOLLAR_BRACE).replaceAll(">", "}")};`;
  expect(textPatterns(source).some((pattern) => pattern.test(text))).toBe(makes);
});
