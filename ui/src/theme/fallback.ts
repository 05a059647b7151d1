import type { PaletteOptions, ThemeOptions } from "@mui/material";

type Scheme = "light" | "dark";

/**
 * The theme where the host has none. Looks like Docker Desktop's; a test of the test bed compares the colours.
 * `skeleton.css` has the same page and text.
 */
export function fallbackTheme(scheme: Scheme): ThemeOptions {
  return {
    palette: { mode: scheme, ...PALETTES[scheme] },
    typography: {
      fontFamily: "Roboto, 'Open Sans', system-ui, -apple-system, 'Segoe UI', sans-serif",
      fontSize: 12,
      body1: { fontSize: 14 },
      button: { textTransform: "none", fontWeight: 600 },
    },
    components: {
      MuiButton: { defaultProps: { disableElevation: true } },
      MuiButtonBase: { defaultProps: { disableRipple: true } },
      MuiPaper: { styleOverrides: { root: { backgroundImage: "none" } } },
    },
  };
}

const PALETTES: Record<Scheme, PaletteOptions> = {
  light: {
    primary: { main: "#007bff" },
    background: { default: "#f4f4f6", paper: "#f4f4f6" },
    text: { primary: "#27343b", secondary: "#505968" },
  },
  dark: {
    primary: { main: "#3d84fb", contrastText: "#0b1a4f" },
    background: { default: "#10151b", paper: "#10151b" },
    text: { primary: "#ffffff", secondary: "#7993aa" },
    divider: "#2e404e",
  },
};
