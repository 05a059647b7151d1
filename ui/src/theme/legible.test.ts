import { createTheme, getContrastRatio, type ThemeOptions } from "@mui/material/styles";
import { describe, expect, it } from "vitest";
import { fallbackTheme } from "./fallback.ts";
import { legible } from "./legible.ts";

const THEMES: Readonly<Record<string, ThemeOptions>> = {
  "MUI's own light theme": { palette: { mode: "light" } },
  "MUI's own dark theme": { palette: { mode: "dark" } },
  "the panel's own light theme": fallbackTheme("light"),
  "the panel's own dark theme": fallbackTheme("dark"),
  "a faint light theme": faint("light", "#eeeeee"),
  "a faint dark theme": faint("dark", "#222222"),
};

function faint(mode: "light" | "dark", grey: string): ThemeOptions {
  const hue = { main: grey };
  return {
    palette: {
      mode,
      ...{ primary: hue, success: hue, warning: hue, error: hue, info: hue },
      background: { default: grey, paper: grey },
      text: { primary: grey, secondary: grey, disabled: grey },
      divider: grey,
    },
    components: { MuiSwitch: { styleOverrides: { track: { backgroundColor: grey } } } },
    breakpoints: { values: { md: 1024 } as never },
  };
}

describe.each(Object.entries(THEMES))("%s", (_name, options) => {
  const adapted = legible(options);
  const { palette, breakpoints, typography } = createTheme(adapted);
  const onPage = (colour: string) => getContrastRatio(colour, palette.background.default);

  it("has 4.5:1 for text and links", () => {
    const { text, primary, success, warning, error, info } = palette;
    const mains = [primary, success, warning, error, info].map(({ main }) => main);
    for (const colour of [text.primary, text.secondary, ...mains])
      expect(onPage(colour), colour).toBeGreaterThanOrEqual(4.5);
    expect(getContrastRatio(primary.contrastText, primary.main)).toBeGreaterThanOrEqual(4.5);
  });

  it("has 3:1 for the dot of an idle row, the track of a switch that is off and a field's outline", () => {
    const { backgroundColor } = stylesOf(adapted, "MuiSwitch", "track");
    const { borderColor } = stylesOf(adapted, "MuiOutlinedInput", "notchedOutline");
    for (const colour of [palette.text.disabled, backgroundColor, borderColor]) {
      expect(onPage(String(colour).replace(" !important", "")), colour).toBeGreaterThanOrEqual(3);
    }
  });

  it("has captions of at least 12 pixels, and styles for every width", () => {
    expect(Number.parseFloat(String(typography.caption.fontSize)) * 16).toBeGreaterThanOrEqual(12);
    expect(breakpoints.up("xs")).toBe("@media (min-width:0px)");
  });
});

/** The styles that apply last to a slot. */
function stylesOf(options: ThemeOptions, component: string, slot: string): Record<string, string> {
  const components = options.components as Record<string, { styleOverrides: Record<string, unknown> }>;
  const styles = [components[component]?.styleOverrides[slot]].flat();
  return Object.assign({}, ...styles);
}
