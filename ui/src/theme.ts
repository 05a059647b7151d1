import type { ThemeOptions } from "@mui/material";

/**
 * Docker's theme provider renders what Docker Desktop injects and crashes when nothing was injected: in a browser, a test or
 * an old release. The stand-in uses MUI's own palette and Docker Desktop's proportions.
 */
export function ensureThemes(): void {
  const scope = globalThis as { __ddMuiV6Themes?: { light?: ThemeOptions; dark?: ThemeOptions } };
  const given = scope.__ddMuiV6Themes;
  scope.__ddMuiV6Themes = { light: given?.light ?? fallback("light"), dark: given?.dark ?? fallback("dark") };
}

function fallback(mode: "light" | "dark"): ThemeOptions {
  return {
    // The default threshold of 3 is too low for AA.
    palette: { mode, contrastThreshold: 4.5 },
    shape: { borderRadius: 6 },
    typography: {
      fontFamily: "Roboto, system-ui, -apple-system, 'Segoe UI', 'Open Sans', sans-serif",
      fontSize: 13,
      button: { textTransform: "none" },
      // The panel uses only these two. Hosts that inject no sizes leave MUI's, which are far too large above h5.
      h5: { fontSize: 22, fontWeight: 600 },
      h6: { fontSize: 16, fontWeight: 600 },
    },
    components: { MuiButton: { defaultProps: { disableElevation: true } } },
  };
}
