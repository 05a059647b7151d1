import { expect, it } from "vitest";
import { ensureThemes } from "./theme.ts";

const scope = globalThis as { __ddMuiV6Themes?: unknown };

it("keeps the themes that Docker Desktop injects", () => {
  const given = { light: { palette: { mode: "light" } }, dark: { palette: { mode: "dark" } } };
  scope.__ddMuiV6Themes = given;
  ensureThemes();
  expect(scope.__ddMuiV6Themes).toEqual(given);
});

it("stands in for the ones that are missing", () => {
  scope.__ddMuiV6Themes = undefined;
  ensureThemes();
  expect(scope.__ddMuiV6Themes).toMatchObject({
    light: { palette: { mode: "light" } },
    dark: { palette: { mode: "dark" } },
  });
});
