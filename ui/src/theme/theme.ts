import type { ThemeOptions } from "@mui/material";
import { fallbackTheme } from "./fallback.ts";
import { legible } from "./legible.ts";

/**
 * Prepares the themes for Docker's theme provider, which renders what Docker Desktop injects and crashes when nothing was
 * injected: in a browser, a test, another extension host or an old release.
 */
export function ensureThemes(): void {
  const scope = globalThis as { __ddMuiV6Themes?: { light?: ThemeOptions; dark?: ThemeOptions } };
  const given = scope.__ddMuiV6Themes;
  scope.__ddMuiV6Themes = {
    light: legible(given?.light ?? fallbackTheme("light")),
    dark: legible(given?.dark ?? fallbackTheme("dark")),
  };
}
