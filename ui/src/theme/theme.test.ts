import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fallbackTheme } from "./fallback.ts";
import { ensureThemes } from "./theme.ts";

const scope = globalThis as { __ddMuiV6Themes?: unknown };

it("keeps the colours that Docker Desktop injects, if they have enough contrast", () => {
  const palette = (mode: string, main: string) => ({ mode, primary: { main }, text: { primary: main } });
  scope.__ddMuiV6Themes = {
    light: { palette: palette("light", "#002266") },
    dark: { palette: palette("dark", "#ddeeff") },
  };
  ensureThemes();
  expect(scope.__ddMuiV6Themes).toMatchObject({
    light: { palette: { mode: "light", primary: { main: "#002266" } } },
    dark: { palette: { mode: "dark", primary: { main: "#ddeeff" } } },
  });
});

it("stands in for the ones that are missing", () => {
  scope.__ddMuiV6Themes = undefined;
  ensureThemes();
  expect(scope.__ddMuiV6Themes).toMatchObject({
    light: { palette: { mode: "light" } },
    dark: { palette: { mode: "dark" } },
  });
});

it("has the colours of the page that is shown before it", () => {
  const css = readFileSync(`${import.meta.dirname}/../skeleton.css`, "utf8");
  const [light, dark] = [fallbackTheme("light").palette, fallbackTheme("dark").palette];
  expect(css).toContain(
    `background: light-dark(${light?.background?.default}, ${dark?.background?.default});`,
  );
  expect(css).toContain(`color: light-dark(${light?.text?.primary}, ${dark?.text?.primary});`);
});
