import { packagedThemes } from "docker-desktop-theme/dist/packagedThemes.js";

/** The options of one of MUI's themes, as far as the stand-in changes them. */
interface Options {
  readonly palette: object;
  readonly typography: object;
  readonly components: object;
}
type Themes = Readonly<Record<"light" | "dark", Options>>;

/**
 * The script by which Docker Desktop gives its themes to a panel: the published ones of 2022, and newer values where known.
 *
 * 'Measured' values are pixels of `resources/screenshot.png` and `screenshot_1.png` in ngrok/ngrok-docker-extension at 070de55:
 * that extension in the Docker Desktop of 2025, dark. There is no such picture of the light theme. Values that ngrok's own
 * `ui/src/theme.ts` replaces tell nothing of Docker's and are left as published: buttons, fields and text sizes.
 */
export function themeScript(): string {
  return `window.__ddMuiV6Themes = window.__ddMuiV5Themes = ${JSON.stringify(themes())};`;
}

function themes(): Themes {
  const { light, dark } = packagedThemes as unknown as Themes;
  return {
    light: newer(light, {}, {}),
    dark: newer(
      dark,
      {
        // ngrok's theme reads it from Docker's; the published one has none.
        mode: "dark",
        // Measured: the page and a dialog's head.
        background: { default: "#10151b", paper: "#10151b" },
        // Measured: the filled button, links and the switch; the filled button's text.
        primary: { main: "#3d84fb", contrastText: "#0b1a4f" },
        // Measured: the hints below a dialog's fields, and the words beside a switch that is off.
        text: { primary: "#ffffff", secondary: "#7993aa", disabled: "#687284" },
        // Measured: the lines between a table's rows.
        divider: "#2e404e",
      },
      {
        // Measured: thumb and track of a switch that is off, then of one that is on.
        MuiSwitch: {
          styleOverrides: {
            switchBase: {
              color: "#95abbb",
              "&.Mui-checked": { color: "#ffffff" },
              "&.Mui-checked + .MuiSwitch-track": { backgroundColor: "#3d84fb", opacity: 1 },
            },
            track: { backgroundColor: "#506980", opacity: 1 },
          },
        },
        // Measured: cards.
        MuiCard: { styleOverrides: { root: { backgroundColor: "#1b2026" } } },
      },
    ),
  };
}

function newer(published: Options, palette: object, components: object): Options {
  return {
    ...published,
    palette: { ...published.palette, ...palette },
    // Measured: all text is in Roboto.
    typography: { ...published.typography, fontFamily: '"Roboto", "Helvetica Neue", sans-serif' },
    components: {
      ...published.components,
      // Measured: dialogs have round corners, and MUI doesn't lighten their paper. The published theme forces square ones.
      MuiPaper: { styleOverrides: { root: { backgroundImage: "none" } } },
      ...components,
    },
  };
}
