import type { ThemeOptions } from "@mui/material";

/**
 * Docker's theme provider draws what Docker Desktop injects and crashes where nothing was injected: a browser, a test,
 * an old release. The stand-in keeps to MUI's own palette and to Docker Desktop's proportions.
 */
export function ensureThemes(): void {
  const scope = globalThis as { __ddMuiV6Themes?: { light?: ThemeOptions; dark?: ThemeOptions } };
  const given = scope.__ddMuiV6Themes;
  scope.__ddMuiV6Themes = { light: given?.light ?? fallback("light"), dark: given?.dark ?? fallback("dark") };
}

function fallback(mode: "light" | "dark"): ThemeOptions {
  return {
    // The default threshold of 3 is too little for AA.
    palette: { mode, contrastThreshold: 4.5 },
    shape: { borderRadius: 6 },
    typography: {
      fontFamily: "Roboto, system-ui, -apple-system, 'Segoe UI', 'Open Sans', sans-serif",
      fontSize: 13,
      button: { textTransform: "none" },
      // The panel uses these two only: hosts that inject no sizes leave MUI's, which are posters above h5.
      h5: { fontSize: 22, fontWeight: 600 },
      h6: { fontSize: 16, fontWeight: 600 },
    },
    components: { MuiButton: { defaultProps: { disableElevation: true } } },
  };
}
